import { cp, mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Aws,
  type AwsCommand,
  awsCommand,
  type Chain,
  type GithubJob,
  githubClaims,
  installSvm,
  RELEASE_JOB,
  startWorld,
} from "@playbook/world";
import { root } from "../../../../scripts/tools.ts";
import { type Block, readRunbook, Terminal } from "./terminal.ts";

const NAME = "nexus-production";
const WORKFLOW = "khalani/playbook/.github/workflows/release-contracts.yml@refs/tags/v1.0.0";

/** Who may change the treasury's owner beside its owner. */
export const SAFE = "0x5afE00000000000000000000000000000000c0De";

const KEEPS = "*: owner, OPERATOR_ROLE # for now";

const job: GithubJob = {
  ...RELEASE_JOB,
  repository: "acme/treasury",
  jobWorkflowRef: WORKFLOW,
  environment: "production",
};

export const blocks = readRunbook();

export type Treasury = Awaited<ReturnType<typeof openTreasury>>;

/** A treasury on a chain that a KMS key owns, and a terminal for the page's reader. */
export async function openTreasury() {
  await using opening = new AsyncDisposableStack();
  const world = opening.use(await startWorld({ chains: [{ id: 10012, name: "alpha" }], aws: {} }));
  const { aws, issuer } = world;
  const [chain] = world.chains;
  const folder = join(world.dir, "clone");
  await mkdir(folder);
  const run = awsCommand({ aws, folder, stacks: new Map() });
  const account = await openAccount(aws, run);
  await chain.setBalance(account.SENDER, 10n ** 20n);

  const PROJECT = await openProject(join(world.dir, "treasury"), chain);
  const yours = { ...account, PROJECT, CHAINS: chain.name, RPC: chain.url, SAFE };
  const { url, token } = issuer.grant(githubClaims(job));
  const env = {
    ...(await machine(join(world.dir, "home"))),
    ACTIONS_ID_TOKEN_REQUEST_URL: url,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: token,
    ...aws.environment(aws.admin),
    ...yours,
  };
  const terminal = opening.use(await Terminal.open(folder, env, run));
  const script = `script/Deploy.s.sol --sig "run(address)" ${SAFE}`;
  const said = await terminal.run(releasing("deploy", script));
  const address = /"(0x[0-9a-fA-F]{40})"/.exec(said.slice(said.lastIndexOf("Treasury")))?.[1] ?? "";
  await terminal.run(`TREASURY=${address}`);

  const resources = opening.move();
  return {
    ...{ aws, chain, terminal, address, account },
    /** The command that has the treasury pay, as a release of that name. */
    pay: (name: string, times: number) =>
      releasing(name, `script/Pay.s.sol --sig "run(address,uint256)" ${address} ${times}`),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/**
 * The stacks of the library's own templates, by the names that the page gives to what they make.
 */
async function openAccount(aws: Aws, run: AwsCommand) {
  const deploy = (stack: string, template: string, parameters: Record<string, string>) => {
    const own = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
    const args = ["--region", aws.region, "--stack-name", stack, "--template-file"];
    args.push(join(root, template), "--parameter-overrides", ...own);
    return run(["cloudformation", "deploy", ...args]);
  };
  const output = async (stack: string, name: string) => {
    const query = `Stacks[0].Outputs[?OutputKey=='${name}'].OutputValue`;
    const args = ["--region", aws.region, "--stack-name", stack, "--query", query];
    return (await run(["cloudformation", "describe-stacks", ...args])).trim();
  };
  await deploy(NAME, "actions/foundry-broadcast-with-kms/template.yml", { Name: NAME });
  const KEY = await output(NAME, "KeyArn");
  await deploy(`${NAME}-roles`, "templates/roles.yml", {
    Name: NAME,
    Owner: "acme",
    OwnerId: "42",
    Repository: "treasury",
    RepositoryId: "1001",
    Environment: "production",
    TrustedWorkflows: WORKFLOW,
    ContractsKeyArn: KEY,
    ContractsBucket: await output(NAME, "Bucket"),
    ContractsPrefix: await output(NAME, "Prefix"),
  });
  const ROLE = await output(`${NAME}-roles`, "ContractsRole");
  const STATE = await output(NAME, "State");
  return { NAME, REGION: aws.region, ROLE, STATE, KEY, SENDER: await aws.addressOf(KEY) };
}

/** The fixture beside this file, and the page's own script in it. */
async function openProject(folder: string, chain: Chain): Promise<string> {
  await cp(fileURLToPath(new URL("./treasury", import.meta.url)), folder, { recursive: true });
  await writeFile(join(folder, "chains.yaml"), JSON.stringify([chain.metadata()]));
  const [script] = blocks.filter(({ language }) => language === "solidity");
  if (!script?.text.startsWith("// script/HandOver.s.sol\n")) throw new Error("No script there.");
  await writeFile(join(folder, "script", "HandOver.s.sol"), script.text);
  return folder;
}

async function machine(home: string): Promise<Record<string, string>> {
  await mkdir(home);
  await installSvm(home, ["0.8.28"]);
  const PLAYBOOK_CACHE = process.env.PLAYBOOK_CACHE ?? join(homedir(), ".cache", "playbook");
  return { HOME: home, PLAYBOOK_CACHE, GITHUB_REPOSITORY: job.repository };
}

/** The page's way to release, with another script and the key that goes. */
function releasing(release: string, script: string): string {
  const model = blocks.find(({ text }: Block) => text.includes("--release pay-2"))?.text ?? "";
  const [commands = ""] = model.split("pnpm playbook ledger");
  return commands
    .replaceAll("pay-2", release)
    .replaceAll("$NEW_SENDER", "$SENDER")
    .replaceAll("$NEW_KEY", "$KEY")
    .replace(/--scripts ".*" \|/, `--scripts '${script}' |`)
    .replace(/--keeps "[^"]*"/, `--keeps "${KEEPS}"`);
}
