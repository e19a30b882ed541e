import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Run, RunResult } from "@playbook/world";
import { change, localAction } from "./change.ts";
import { ending } from "./judge.ts";
import { leaksIn, leaksOf } from "./leaks.ts";
import { openStage, PAID } from "./stage.ts";

const open = () => openStage({ product: "malice", chains: [{ id: 10012, name: "alpha" }] });

/** What the product's code took, by who of it did. */
type Loot = { who: string; source: string; text: string }[];

type Attack = { run: Run; result: RunResult; loot: Loot };

/**
 * A job as no team should have it: it runs a package's hook, and holds all that there is to take.
 */
const CARELESS = {
  ".github/workflows/careless.yml": `
on: workflow_dispatch
permissions: {}
jobs:
  release:
    runs-on: ubuntu-latest
    environment: production
    permissions: { contents: read, pull-requests: write, id-token: write }
    env:
      TOKEN: \${{ github.token }}
      ENDPOINTS: \${{ secrets.RPC_URLS_APPLY }}
      KEY: \${{ vars.RELEASE_KEY }}
      ROLE: \${{ vars.RELEASE_ROLE }}
      AWS_ACCESS_KEY_ID: AKIAIOSFODNN7EXAMPLE
    steps:
      - uses: actions/checkout@v7
      - uses: ./tools/ci
`,
  ...localAction(
    "ci",
    'import { execFileSync } from "node:child_process"; execFileSync("npm", ["ci"]);',
  ),
};

let stage: Awaited<ReturnType<typeof open>>;
let release: Attack;

beforeAll(async () => {
  stage = await open();
  release = await attack("release.yml", { release: "v1.0.0" });
}, 300_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

/** Runs a workflow of the product, and resolves to what its code has taken on the way. */
async function attack(workflow: string, inputs: Record<string, string> = {}): Promise<Attack> {
  const folder = join(stage.world.dir, "loot", workflow);
  await change(stage.folder, { "loot.path": folder });
  const run = await stage.start(workflow, inputs);
  const result = await run.finished;
  return { run, result, loot: await lootIn(folder) };
}

async function lootIn(folder: string): Promise<Loot> {
  const names = await readdir(folder);
  const loot = names.map(async (name): Promise<Loot> => {
    const taken = JSON.parse(await readFile(join(folder, name), "utf8"));
    const entries = Array.isArray(taken)
      ? taken
      : Object.entries(taken).map(([source, text]) => ({ source, text }));
    return entries.map((one) => ({ ...one, who: name.replace(".json", "") }));
  });
  return (await Promise.all(loot)).flat();
}

/** Everything of the run that opens a door, by its name: as each step got it, or by its form. */
async function secretsOf(run: Run): Promise<[string, string | RegExp][]> {
  const named = /^(ACTIONS_(ID_TOKEN_REQUEST_TOKEN|ID_TOKEN_REQUEST_URL|RUNTIME_TOKEN))$/;
  const given = (await run.environments()).flatMap(({ env }) => Object.entries(env));
  return [
    ...given.filter(([name, value]) => named.test(name) && value !== ""),
    ["identity", /eyJ[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{20,}/],
    ["GITHUB_TOKEN", /\bgh[a-z]_\w{36}/],
    ["AWS key", /\b(ASIA|AKIA)[A-Z0-9]{16}\b/],
    ["endpoint", PAID],
    ["KMS key", stage.account.key],
    ["role", stage.account.role],
  ];
}

/** Names of the secrets that the loot holds, each with where it was found. */
async function stolen({ run, loot }: Attack): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const [name, secret] of await secretsOf(run)) {
    for (const { who, source, text } of loot) {
      const holds = typeof secret === "string" ? text.includes(secret) : secret.test(text);
      if (holds) found.set(name, [...(found.get(name) ?? []), `${who}: ${source}`]);
    }
  }
  return found;
}

test("the product's code ran: a hook of its packages, a command and a cheatcode of its script", () => {
  expect(ending(release.result)).toEqual({ conclusion: "success", errors: [] });
  const takers = new Set(release.loot.map(({ who }) => who));
  expect([...takers].sort()).toEqual(["cheatcode", "ffi", "postinstall"]);
  // They looked at their own processes and at the runner's.
  const sources = release.loot.map(({ who, source }) => `${who} ${source}`);
  for (const who of ["ffi", "postinstall"]) {
    expect(sources.filter((one) => one.startsWith(`${who} /proc/`)).length).toBeGreaterThan(4);
  }
});

test("it took nothing that opens a door", async () => {
  expect(Object.fromEntries(await stolen(release))).toEqual({});
  const traces = release.loot.map(({ who, source, text }) => {
    return { where: `${who}: ${source}`, bytes: Buffer.from(text) };
  });
  // What the product's scripts may read: see the secret's description in the workflow.
  const secrets = stage.world.secrets().filter(({ what }) => what !== "secret RPC_URLS_PLAN");
  expect(leaksIn(traces, secrets)).toEqual([]);
});

test("nothing that its run left holds a token, a session or a key", async () => {
  expect(await leaksOf({ ...stage, runs: [release.run] })).toEqual([]);
});

test("the only identity of the run is the job's that signs, and no product code is in that", async () => {
  const { result, run } = release;
  const issued = stage.world.issuer.issued();
  expect(issued.length).toBeGreaterThan(0);
  for (const claims of issued) {
    expect(claims).toMatchObject({ run_id: String(run.id), environment: "production" });
  }

  const ours = expect.stringMatching(/^khalani\/playbook\/actions\//);
  expect(result.job("contracts / Apply").steps.map(({ name }) => name)).toEqual([ours]);
  const places = new Map(
    (await run.environments()).map(({ job, workspace }) => [job, basename(dirname(workspace))]),
  );
  const left = (await run.everything()).map(({ where }) => where);
  const filesOf = (job: string) =>
    left.filter((one) => one.startsWith(`left: ${places.get(job)}/`));
  const product = /(package\.json|collect\.mjs|\.sol)$/;
  expect(filesOf("contracts / Plan")).toContainEqual(expect.stringMatching(product));
  expect(filesOf("contracts / Apply")).not.toEqual([]);
  expect(filesOf("contracts / Apply")).not.toContainEqual(expect.stringMatching(product));
});

test("in a job that holds what it should not, the same code takes all of it", async () => {
  await change(stage.folder, CARELESS);
  const attacked = await attack("careless.yml");

  expect(ending(attacked.result)).toEqual({ conclusion: "success", errors: [] });
  const secrets = (await secretsOf(attacked.run)).map(([name]) => name);
  expect(secrets).toContain("ACTIONS_ID_TOKEN_REQUEST_TOKEN");
  expect(secrets).toContain("ACTIONS_RUNTIME_TOKEN");
  expect([...(await stolen(attacked)).keys()].sort()).toEqual([...new Set(secrets)].sort());
  const leaks = await leaksOf({ ...stage, runs: [attacked.run] });
  expect(leaks.map(({ what }) => what)).toEqual(
    expect.arrayContaining(["GitHub token", "request token", "secret RPC_URLS_APPLY"]),
  );
  // Its own claims tell whose it is: a role that trusts it trusts every package.
  expect(stage.world.issuer.issued().at(-1)).toMatchObject({
    run_id: String(attacked.run.id),
    job_workflow_ref: "acme/malice/.github/workflows/careless.yml@refs/heads/main",
  });
});
