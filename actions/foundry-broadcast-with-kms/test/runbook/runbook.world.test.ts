import { cp, mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  awsCommand,
  type Chain,
  type GithubJob,
  githubClaims,
  installSvm,
  startWorld,
} from "@playbook/world";
import { Interface } from "ethers";
import { root } from "../../../../scripts/tools.ts";
import { type Block, readRunbook, Terminal, variablesOf } from "./terminal.ts";

const NAME = "nexus-production";
const SEND = "eth_sendRawTransaction";
const THIEF = "0x000000000000000000000000000000000000dEaD";
const SAFE = "0x5afE00000000000000000000000000000000c0De";
const WORKFLOW = "khalani/playbook/.github/workflows/release-contracts.yml@refs/tags/v1.0.0";

const job: GithubJob = {
  repository: "acme/treasury",
  repositoryId: "1001",
  ownerId: "42",
  ref: "refs/heads/main",
  sha: "0".repeat(40),
  event: "workflow_dispatch",
  actor: "ada",
  workflow: "release",
  jobWorkflowRef: WORKFLOW,
  environment: "production",
};

const treasury = new Interface([
  "function owner() view returns (address)",
  "function payments() view returns (uint256)",
  "function hasRole(bytes32, address) view returns (bool)",
  "function OPERATOR_ROLE() view returns (bytes32)",
  "function transferOwnership(address)",
]);

const blocks = readRunbook();
const commandsOf = (heading: string): Block[] =>
  blocks.filter((block) => block.heading === heading && block.language === "sh");

/** A key with a treasury on a chain, and a terminal for the page's reader. */
async function openTreasury() {
  await using opening = new AsyncDisposableStack();
  const world = opening.use(await startWorld({ chains: [{ id: 10012, name: "alpha" }], aws: {} }));
  const { aws, issuer } = world;
  const [chain] = world.chains;
  const folder = join(world.dir, "clone");
  const project = join(world.dir, "treasury");
  const home = join(world.dir, "home");
  await mkdir(folder);
  await mkdir(home);
  await installSvm(home, ["0.8.28"]);
  await cp(fileURLToPath(new URL("./treasury", import.meta.url)), project, { recursive: true });
  await writeFile(join(project, "chains.yaml"), JSON.stringify([chain.metadata()]));
  await writeFile(join(project, "script", "HandOver.s.sol"), scriptOfPage());

  const stacks: Parameters<typeof awsCommand>[0]["stacks"] = new Map();
  const run = awsCommand({ aws, folder, stacks });
  const deploy = (stack: string, template: string, ...parameters: string[]) =>
    run(
      ["cloudformation", "deploy", "--region", aws.region, "--stack-name", stack].concat(
        ["--template-file", join(root, template), "--parameter-overrides"],
        parameters,
      ),
    );
  await deploy(NAME, "actions/foundry-broadcast-with-kms/template.yml", `Name=${NAME}`);
  const { KeyArn = "", State = "", Bucket, Prefix } = stacks.get(NAME)?.stack.outputs ?? {};
  await deploy(
    `${NAME}-roles`,
    "templates/roles.yml",
    ...[`Name=${NAME}`, "Owner=acme", "OwnerId=42", "Repository=treasury", "RepositoryId=1001"],
    ...["Environment=production", `TrustedWorkflows=${WORKFLOW}`, `ContractsKeyArn=${KeyArn}`],
    ...[`ContractsBucket=${Bucket}`, `ContractsPrefix=${Prefix}`],
  );
  const role = stacks.get(`${NAME}-roles`)?.stack.outputs.ContractsRole ?? "";
  const sender = await aws.addressOf(KeyArn);
  await chain.setBalance(sender, 10n ** 20n);

  const { url, token } = issuer.grant(githubClaims(job));
  const yours = {
    NAME,
    REGION: aws.region,
    ROLE: role,
    STATE: State,
    KEY: KeyArn,
    SENDER: sender,
    PROJECT: project,
    CHAINS: chain.name,
    RPC: chain.url,
    SAFE,
  };
  const env = {
    HOME: home,
    PLAYBOOK_CACHE: process.env.PLAYBOOK_CACHE ?? join(homedir(), ".cache", "playbook"),
    GITHUB_REPOSITORY: job.repository,
    ACTIONS_ID_TOKEN_REQUEST_URL: url,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: token,
    ...aws.environment(aws.admin),
    ...yours,
  };
  const terminal = opening.use(await Terminal.open(folder, env, run));
  const release = releaseOf(blocks);
  const script = `script/Deploy.s.sol --sig "run(address)" ${SAFE}`;
  const said = await terminal.run(release("deploy", script, "*: owner, OPERATOR_ROLE # for now"));
  const address = /"(0x[0-9a-fA-F]{40})"/.exec(said.slice(said.lastIndexOf("Treasury")))?.[1] ?? "";
  await terminal.run(`TREASURY=${address}`);

  const pay = (name: string, times: number) => {
    const line = `script/Pay.s.sol --sig "run(address,uint256)" ${address} ${times}`;
    return release(name, line, "*: owner, OPERATOR_ROLE # for now");
  };
  const resources = opening.move();
  return {
    ...{ aws, chain, role, sender, terminal, address, key: KeyArn, pay },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

type Treasury = Awaited<ReturnType<typeof openTreasury>>;

/** The page's way to release, with another script and the key that goes. */
function releaseOf(page: Block[]) {
  const model = page.find(({ text }) => text.includes("--release pay-2"))?.text ?? "";
  const [releasing = ""] = model.split("pnpm playbook ledger");
  return (release: string, script: string, keeps: string) =>
    releasing
      .replaceAll("pay-2", release)
      .replaceAll("$NEW_SENDER", "$SENDER")
      .replaceAll("$NEW_KEY", "$KEY")
      .replace(/--scripts ".*" \|/, `--scripts '${script}' |`)
      .replace(/--keeps "[^"]*"/, `--keeps "${keeps}"`);
}

function scriptOfPage(): string {
  const [script] = blocks.filter(({ language }) => language === "solidity");
  if (!script?.text.startsWith("// script/HandOver.s.sol\n")) throw new Error("No script there.");
  return script.text;
}

async function ask(chain: Chain, to: string, name: string, ...args: unknown[]): Promise<unknown> {
  const data = treasury.encodeFunctionData(name, args);
  const answer = await chain.send<string>("eth_call", [{ to, data }, "latest"]);
  return treasury.decodeFunctionResult(name, answer)[0];
}

/** What the Safe does with the calls that its owners have signed. */
async function bySafe(chain: Chain, to: string, calls: string[]): Promise<void> {
  await chain.setBalance(SAFE, 10n ** 18n);
  await chain.send("anvil_impersonateAccount", [SAFE]);
  for (const data of calls) {
    await chain.send("eth_sendTransaction", [{ from: SAFE, to, data, gas: "0x30d40" }]);
  }
}

test("the page's reader is told each variable that the commands need", () => {
  const own = ["TREASURY", "NAME", "REGION", "ROLE", "STATE", "KEY", "SENDER", "PROJECT", "CHAINS"];
  expect(variablesOf(blocks).sort()).toEqual([...own, "RPC", "SAFE"].sort());
});

test("a key is rotated by the commands of the page", async () => {
  await using at = await openTreasury();
  const { terminal, chain, address } = at;
  const steps = commandsOf("Rotation");
  for (const [index, { text }] of steps.entries()) {
    const said = await terminal.run(text);
    if (index === 0) expect(said).toContain("free");
    const next = await terminal.variable("NEW_SENDER");
    if (next) await chain.setBalance(next, 10n ** 20n);
  }

  const next = await terminal.variable("NEW_SENDER");
  const operator = await ask(chain, address, "OPERATOR_ROLE");
  expect(await ask(chain, address, "owner")).toBe(next);
  expect(await ask(chain, address, "hasRole", operator, at.sender)).toBe(false);
  expect(await ask(chain, address, "payments")).toBe(2n);
  await expect(terminal.run(at.pay("too-late", 1))).rejects.toThrow("Treasury: no operator");
}, 300_000);

/** A release whose run dies when its bytes are stored and none of them is sent; the first bytes. */
async function dieBeforeSending({ terminal, chain, pay }: Treasury): Promise<string> {
  const unsent: string[] = [];
  const rule = chain.chaos.rule({ method: SEND, action: { kind: "drop" } });
  const forget = chain.chaos.onCall(async (phase, { method, params }) => {
    if (phase !== "before" || method !== SEND) return;
    unsent.push(String(params[0]));
    await terminal.kill();
  });
  await expect(terminal.run(pay("pay-1", 3))).rejects.toThrow("ended with null");
  forget();
  rule.remove();
  return unsent[0] ?? "";
}

/** Somebody with a session of the role takes the treasury, past the library. */
async function steal({ terminal, aws, role, key }: Treasury): Promise<void> {
  const session = aws.openSession(role, { name: "thief" });
  const env = { ...aws.environment(session), AWS_KMS_KEY_ID: key };
  const set = Object.entries(env).map(([name, value]) => `${name}='${value}'`);
  const send = `cast send --aws --rpc-url "$RPC" "$TREASURY" "transferOwnership(address)" ${THIEF}`;
  await terminal.run(`${set.join(" ")} ${send}`);
}

test("a key that somebody else has used is switched off, and what it held is saved", async () => {
  await using at = await openTreasury();
  const { terminal, chain, address, sender } = at;
  const unsent = await dieBeforeSending(at);
  await steal(at);
  expect(await ask(chain, address, "owner")).toBe(THIEF);

  const [disable, look, publish, audit, renew, save, ...rest] = commandsOf("Compromise");
  await terminal.run(disable?.text ?? "");
  await expect(terminal.run(at.pay("pay-1", 3))).rejects.toThrow("code: key-disabled");
  expect(await terminal.run(look?.text ?? "")).toContain("acme/treasury production pay-1");
  expect(await terminal.read("ours.txt")).toContain(unsent);
  // The first nonce was taken for the theft; the others are used up by what was planned for them.
  await terminal.run(publish?.text ?? "");
  await chain.mine();
  expect(await chain.nonce(sender)).toBe(4);
  const said = await terminal.run(audit?.text ?? "");
  expect(said).toContain("5 signatures, 4 of them in the ledger");
  expect(said).toContain("\tthief\t");

  await terminal.run(renew?.text ?? "");
  const next = await terminal.variable("NEW_SENDER");
  await chain.setBalance(next, 10n ** 20n);
  await terminal.run(save?.text ?? "");
  await bySafe(chain, address, (await terminal.read("safe.txt")).trim().split("\n"));
  for (const { text } of rest) await terminal.run(text);

  const operator = await ask(chain, address, "OPERATOR_ROLE");
  expect(await ask(chain, address, "owner")).toBe(next);
  expect(await ask(chain, address, "hasRole", operator, sender)).toBe(false);
  expect(await ask(chain, address, "payments")).toBe(2n);
}, 300_000);
