import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { contextForTests } from "@playbook/action/testing";
import { type Plan, planDigest, planText, readPlan, stepsOn } from "@playbook/evm";
import { type Chain, startWorld, type World } from "@playbook/world";
import { makePlan, type PlannedRelease } from "../../src/plan/planner.ts";
import { filesBelow } from "../../src/plan/tree.ts";
import { type Made, transactionsOf } from "./live.ts";
import { openProduct, type Product } from "./product.ts";
import { SENDER } from "./sender.ts";

const CORE = 'script/Core.s.sol:Core --sig "run(uint256)" 1000';
const ORACLE = "script/Oracle.s.sol:OracleScript";
const AGAIN = `${ORACLE} --sig "again()"`;
const BRIDGE = "script/Bridge.s.sol:Bridge";

let product: Product;

beforeAll(async () => {
  product = await openProduct("vaults");
});

afterAll(() => product?.[Symbol.asyncDispose]());

async function plan(chains: readonly Chain[], ...scripts: string[]): Promise<PlannedRelease> {
  return makePlan(await product.inputs(chains, ...scripts), contextForTests(), product.env);
}

const sent = (plan: Plan, chain: string): Made[] =>
  stepsOn(plan, chain).map(({ nonce, to, value, data, kind, creates }) => ({
    ...{ nonce, to, value, data, contract: kind === "create" ? creates[0]?.address : null },
  })) as Made[];

describe("what is planned is what forge would have broadcast", () => {
  test("scripts in order, of which later ones read what earlier ones wrote, did and recorded", async () => {
    await using world = await startWorld({ chains: [{ id: 5, name: "alpha" }] });
    const [alpha] = world.chains;
    await alpha.setNonce(SENDER, 41);
    const planned = await plan([alpha], CORE, ORACLE, AGAIN);

    const checkout = await product.checkout();
    await product.broadcast(checkout, [alpha], CORE, ORACLE, AGAIN);

    const live = await transactionsOf(alpha, SENDER);
    expect(live).toHaveLength(12);
    expect(sent(planned.plan, "alpha")).toEqual(live);
    for (const path of ["config/core.json", "config/settings.json"]) {
      const staged = await readFile(join(planned.folder, "files", path));
      expect(staged).toEqual(await readFile(join(checkout, path)));
    }
  });

  test("the live chain is not asked about what happens on its fork alone", async () => {
    await using world = await startWorld({ chains: [{ id: 5, name: "alpha" }] });
    const [{ chaos }] = world.chains;

    await plan(world.chains, CORE);

    const history = "0x0000f90827f1c53a10cb7a02335b175320002935";
    const ofBlocks = chaos.calls("eth_getStorageAt").filter(({ params }) => params[0] === history);
    expect(ofBlocks).toEqual([]);
    expect(chaos.count("eth_getTransactionReceipt")).toBe(0);
  });

  test("one script over two chains in turn, one of them without a base fee", async () => {
    await using world = await startWorld({
      chains: [
        { id: 5, name: "alpha" },
        { id: 10012, name: "beta", fees: "legacy" },
      ],
    });
    const [alpha, beta] = world.chains;
    await beta.setNonce(SENDER, 3);
    const { plan: planned, folder } = await plan(world.chains, BRIDGE);

    await product.broadcast(await product.checkout(), world.chains, BRIDGE);

    expect(planned.chains.map(({ fees }) => fees)).toEqual(["eip1559", "legacy"]);
    expect(sent(planned, "alpha")).toEqual(await transactionsOf(alpha, SENDER));
    expect(sent(planned, "beta")).toEqual(await transactionsOf(beta, SENDER));
    expect(planned.steps.map(({ id }) => id)).toEqual([
      ...["alpha/0", "beta/0", "beta/1", "alpha/1", "beta/2"],
    ]);
    expect(await recordsIn(folder)).toEqual([
      {
        path: "broadcast/multi/Bridge.s.sol-latest/run.json",
        steps: ["alpha/0", "beta/0", "beta/1", "alpha/1", "beta/2"],
      },
    ]);
  });
});

test("one script runs for one chain after another, told by variables and a configuration file", async () => {
  await using world = await startWorld({
    chains: [
      { id: 5, name: "alpha" },
      { id: 10012, name: "beta" },
    ],
  });
  const lines = ["REMOTE=alpha script/Remote.s.sol", "REMOTE=beta script/Remote.s.sol"];
  const { plan: planned, folder } = await plan(world.chains, ...lines);

  const [first, second] = planned.steps.map(({ creates }) => creates[0]?.address);
  expect(planned.steps.map(({ id }) => id)).toEqual(["alpha/0", "beta/0"]);
  const networks = await readFile(join(folder, "files/config/networks.json"), "utf8");
  expect(JSON.parse(networks)).toEqual({
    alpha: { rpcUrl: "alpha", registry: first },
    beta: { rpcUrl: "beta", registry: second },
  });
});

test("an endpoint that only .env knows is led to the fork", async () => {
  await using world = await startWorld({ chains: [{ id: 5, name: "alpha" }] });
  const [alpha] = world.chains;
  const project = await product.checkout();
  const toml = await readFile(join(project, "foundry.toml"), "utf8");
  await writeFile(join(project, "foundry.toml"), `${toml}main = "\${MAIN_NODE}"\n`);
  await writeFile(join(project, ".env"), `MAIN_NODE=${alpha.url}\nREMOTE=alpha\n`);
  const networks = await readFile(join(project, "config/networks.json"), "utf8");
  const named = networks.replace('"rpcUrl": "alpha"', '"rpcUrl": "main"');
  await writeFile(join(project, "config/networks.json"), named);

  const inputs = await product.inputs([alpha], "script/Remote.s.sol");
  const { plan: planned } = await makePlan({ ...inputs, project }, contextForTests(), product.env);

  expect(planned.steps.map(({ label }) => label)).toEqual(["new Registry(sender)"]);
});

async function recordsIn(folder: string): Promise<unknown[]> {
  const records = JSON.parse(await readFile(join(folder, "forge.json"), "utf8"));
  return records.map(({ path, steps }: { path: string; steps: string[] }) => ({ path, steps }));
}

describe("a plan", () => {
  let world: World<[{ id: 5; name: "alpha" }]>;
  let planned: PlannedRelease;

  beforeAll(async () => {
    world = await startWorld({ chains: [{ id: 5, name: "alpha" }] });
    planned = await plan(world.chains, CORE, ORACLE);
  });

  afterAll(() => world?.[Symbol.asyncDispose]());

  test("names what each step does", () => {
    expect(planned.plan.steps.map(({ label }) => label)).toEqual([
      "new Sums{salt: 0x0}()",
      "new Vault()",
      "new Proxy(Vault, initialize(sender, 1000))",
      "new Registry{salt: 0xd1adaede…00e17938}(sender)",
      "Registry.register(Vault (proxy))",
      "Vault (proxy).grantRole(KEEPER_ROLE, Registry)",
      "Vault (proxy).deposit{value: 7 wei}()",
      "send 1 wei to 0x000000000000000000000000000000000000dEaD",
      "Vault (proxy).transferOwnership(0x000000000000000000000000000000000000bEEF)",
      'new Oracle("gas", [-5, 5])',
      "Registry.register(Oracle)",
    ]);
  });

  test("says what each step needs before it and which ones wait for it", () => {
    const [, , , , register, role, value, transfer, ownership] = planned.plan.steps;
    expect(register).toMatchObject({ waits: null, after: ["alpha/2", "alpha/3"] });
    expect(role).toMatchObject({ waits: "role", after: ["alpha/1", "alpha/2", "alpha/3"] });
    expect(value).toMatchObject({ waits: "value", after: ["alpha/0", "alpha/1", "alpha/2"] });
    expect(transfer).toMatchObject({ waits: "value", after: [] });
    // Once the owner has changed, the role could not be granted any more.
    expect(ownership).toMatchObject({
      waits: "ownership",
      after: ["alpha/1", "alpha/2", "alpha/5"],
    });
  });

  test("names the contracts that are made within calls", () => {
    const register = planned.plan.steps[4];
    expect(register?.creates).toEqual([
      {
        address: expect.any(String),
        contract: "Entry",
        code: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      },
    ]);
  });

  test("is written down with its digest, and read back the same", async () => {
    const text = await readFile(join(planned.folder, "plan.json"), "utf8");
    expect(text).toBe(planText(planned.plan));
    expect(readPlan(text)).toEqual(planned.plan);
    expect(planned.digest).toBe(planDigest(planned.plan));
  });

  test("carries the files that the scripts wrote, and leaves the project alone", async () => {
    const settings = await readFile(join(planned.folder, "files/config/settings.json"));
    const digest = `sha256:${createHash("sha256").update(settings).digest("hex")}`;
    expect(planned.plan.files).toEqual([
      { path: "config/core.json", digest: expect.any(String), size: expect.any(Number) },
      { path: "config/settings.json", digest, size: settings.length },
      expect.objectContaining({ path: "storage-layouts/test.json" }),
    ]);
    expect(await readFile(join(product.project, "config/settings.json"), "utf8")).toContain("null");
    expect(existsSync(join(product.project, "config/core.json"))).toBe(false);
    expect(existsSync(join(product.project, "broadcast"))).toBe(false);
  });

  test("gives each step gas over what it used", async () => {
    const gas = planned.plan.steps.find(({ kind }) => kind === "transfer")?.gas;
    expect(gas).toBe(27_300);
  });

  test("sends nothing to the live chain", async () => {
    const [alpha] = world.chains;
    expect(await alpha.nonce(SENDER)).toBe(0);
    expect(await alpha.height()).toBe(0);
  });

  test("has a summary for a person", () => {
    expect(planned.summary).toContain("| 5 | `Vault (proxy).grantRole(KEEPER_ROLE, Registry)` |");
    expect(planned.summary).toContain('+ oracle: "0x');
    expect(planned.summary).toContain("```mermaid\nflowchart LR");
  });
});

test("scripts that send nothing make a plan of no steps", async () => {
  await using world = await startWorld({ chains: [{ id: 5, name: "alpha" }] });
  const { plan: empty, summary } = await plan(
    world.chains,
    'script/Bad.s.sol:Bad --sig "nothing()"',
  );
  expect(empty.steps).toEqual([]);
  expect(summary).toContain("Nothing would change");
});

test("a command that a script runs gets to know none of the job's variables", async () => {
  await using world = await startWorld({ chains: [{ id: 5, name: "alpha" }] });
  const inputs = await product.inputs(world.chains, 'script/Bad.s.sol:Bad --sig "spies()"');
  const secrets = {
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "secret-of-actions",
    ACTIONS_RUNTIME_TOKEN: "secret-of-runtime",
    GITHUB_TOKEN: "secret-of-github",
    AWS_SECRET_ACCESS_KEY: "secret-of-aws",
    INPUT_ROLE: "secret-of-input",
    NPM_TOKEN: "secret-of-npm",
  };
  const { folder } = await makePlan(inputs, contextForTests(), { ...product.env, ...secrets });

  const seen = await readFile(join(folder, "files/config/environment.txt"), "utf8");
  expect(seen).toContain("PATH=");
  expect(seen).not.toContain("secret-of");
});

describe("commands of a shell between the scripts", () => {
  const register = "script/Register.s.sol:Register";
  const print = (key: string) => `node -p 'require("./config/core.json").${key}'`;
  const staged = ({ folder }: PlannedRelease, path: string) =>
    readFile(join(folder, "files", path), "utf8");

  test("run in the copy of the project, and give variables to the scripts that follow", async () => {
    await using world = await startWorld({ chains: [{ id: 5, name: "alpha" }] });
    const planned = await plan(
      world.chains,
      CORE,
      `$ printf '{"subject": "%s"}' $(${print("vault")}) > config/subject.json`,
      `REGISTRY=$(${print("registry")}) ${register}`,
    );

    const { vault, registry } = JSON.parse(await staged(planned, "config/core.json"));
    expect(planned.plan.steps.at(-1)?.to).toBe(registry);
    expect(planned.plan.steps.at(-1)?.data).toContain(vault.slice(2).toLowerCase());
    expect(await staged(planned, "config/subject.json")).toContain(vault);
    expect(planned.plan.scripts[1]?.line).toMatch(/^\$ printf .*\nREGISTRY=/);
    expect(planned.summary).toContain("<br>`REGISTRY=");
  });

  test("fail the plan with what they say", async () => {
    await using world = await startWorld({ chains: [{ id: 5, name: "alpha" }] });
    const failing = plan(world.chains, "$ echo no such group >&2; exit 3", CORE);
    await expect(failing).rejects.toMatchObject({
      code: "command-failed",
      what: expect.stringContaining("ended with 3"),
      why: "no such group",
    });
  });
});

test("a path or a URL of the simulation in a file is warned of", async () => {
  await using world = await startWorld({ chains: [{ id: 5, name: "alpha" }] });
  const { warnings } = await plan(world.chains, 'script/Bad.s.sol:Bad --sig "writesUrl()"');
  expect(warnings).toEqual([
    expect.stringMatching(/wrote http:\/\/127\.0\.0\.1:\d+ into config\/url\.txt/),
  ]);
});

test("a file that a script deletes stays, with a warning", async () => {
  await using world = await startWorld({ chains: [{ id: 5, name: "alpha" }] });
  const { warnings, plan: planned } = await plan(
    world.chains,
    'script/Bad.s.sol:Bad --sig "deletes()"',
  );
  expect(warnings).toEqual(["The scripts delete config/settings.json; it is not taken over."]);
  expect(planned.files).toEqual([]);
});

test("a profile changes what is compiled", async () => {
  await using world = await startWorld({ chains: [{ id: 5, name: "alpha" }] });
  const inputs = await product.inputs(world.chains, CORE);
  const plain = await makePlan(inputs, contextForTests(), product.env);
  const lean = await makePlan({ ...inputs, profile: "lean" }, contextForTests(), product.env);

  const size = ({ plan }: PlannedRelease) => plan.steps[1]?.data.length ?? 0;
  expect(size(lean)).toBeLessThan(size(plain) / 2);
});

test("without the CREATE2 factory on the chain, libraries are created plainly", async () => {
  await using world = await startWorld({ chains: [{ id: 5, name: "alpha" }] });
  const [alpha] = world.chains;
  await alpha.send("anvil_setCode", ["0x4e59b44847b379578588920cA78FbF26c0B4956C", "0x"]);
  const { plan: planned } = await plan([alpha], "script/Linked.s.sol:Linked");

  await product.broadcast(await product.checkout(), [alpha], "script/Linked.s.sol:Linked");

  expect(planned.steps.map(({ label, kind }) => [kind, label])).toEqual([
    ["create", "new Sums()"],
    ["create", "new Vault()"],
  ]);
  expect(sent(planned, "alpha")).toEqual(await transactionsOf(alpha, SENDER));
});

test("on Arbitrum a step has gas for its data too", async () => {
  await using world = await startWorld({ chains: [{ id: 5, name: "alpha" }] });
  const [alpha] = world.chains;
  const inputs = await product.inputs([alpha], "script/Linked.s.sol:Linked");
  const plain = await makePlan(inputs, contextForTests(), product.env);

  // A node that answers 1,000,000 gas for whatever data: PUSH3, MSTORE, RETURN of three words.
  const answer = "0x620f424060005260606000f3";
  await alpha.send("anvil_setCode", ["0x00000000000000000000000000000000000000C8", answer]);
  const metadata = [{ ...alpha.metadata(), technicalStack: "arbitrumnitro" }];
  await writeFile(inputs.chainsFile, JSON.stringify(metadata));
  const rollup = await makePlan(inputs, contextForTests(), product.env);

  const gas = ({ plan }: PlannedRelease) => plan.steps.map((step) => step.gas);
  expect(gas(rollup)).toEqual(gas(plain).map((limit) => limit + 2_000_000));
});

test("files of a release that was planned before do not stay", async () => {
  await using world = await startWorld({ chains: [{ id: 5, name: "alpha" }] });
  const { folder } = await plan(world.chains, CORE);
  await writeFile(join(folder, "mine.txt"), "kept");
  await plan(world.chains, 'script/Bad.s.sol:Bad --sig "nothing()"');

  expect(await filesBelow(folder)).toEqual([
    ...["forge.json", "mine.txt", "plan.json", "summary.md"],
  ]);
  await rm(join(folder, "mine.txt"));
});

test("nothing stays behind: neither a copy nor a fork", async () => {
  await using world = await startWorld({ chains: [{ id: 5, name: "alpha" }] });
  const [alpha] = world.chains;
  const inputs = await product.inputs([alpha], CORE);
  await makePlan(inputs, contextForTests(), { ...product.env, TMPDIR: world.dir });

  expect(await filesBelow(world.dir, ["parts"])).toEqual([]);
  expect(await commandsWith(alpha.url)).toEqual([]);
});

test("a run that is cancelled ends its forks and leaves no copy", async () => {
  await using world = await startWorld({ chains: [{ id: 5, name: "alpha" }] });
  const [alpha] = world.chains;
  const context = contextForTests();
  const inputs = await product.inputs([alpha], CORE, ORACLE);
  const stopping = { ...context, progress: () => context.stop.abort(new Error("cancelled")) };

  const planning = makePlan(inputs, stopping, { ...product.env, TMPDIR: world.dir });

  await expect(planning).rejects.toThrow("cancelled");
  expect(await filesBelow(world.dir, ["parts"])).toEqual([]);
  expect(await commandsWith(alpha.url)).toEqual([]);
});

/** Programs that run on this machine with a word in their command line. */
async function commandsWith(word: string): Promise<string[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")),
  );
  return lines.filter((line) => line.includes(word));
}
