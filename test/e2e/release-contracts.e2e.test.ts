import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Run } from "@playbook/world";
import { commitAll } from "../products/install.ts";
import { ending, sentBy } from "./judge.ts";
import { leaksOf } from "./leaks.ts";
import { NEXUS_CHAINS, openStage } from "./stage.ts";

const open = () => openStage({ product: "nexus", chains: NEXUS_CHAINS });

let stage: Awaited<ReturnType<typeof open>>;

beforeAll(async () => {
  stage = await open();
}, 300_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

/** Steps of the product's two releases on alpha, beta and gamma. */
const FIRST = [23, 17, 17];
const UPGRADE = [4, 4, 4];

type Ending = (run: Run) => void;

/** Runs a workflow to its end, or until its log has said `word` and `then` has ended it. */
async function run(workflow: string, release: string, word?: RegExp, then?: Ending) {
  let ended = false;
  const started: { run?: Run } = {};
  started.run = await stage.start(
    workflow,
    { release },
    {
      onLine: ({ text }) => {
        if (ended || !word?.test(text) || !started.run) return;
        ended = true;
        then?.(started.run);
      },
    },
  );
  return started.run.finished;
}

const outcome = (result: Awaited<ReturnType<typeof run>>) => ({
  conclusion: result.conclusion,
  changed: result.job("contracts / Apply").outputs.changed,
  errors: result
    .job("contracts / Apply")
    .annotations.filter(({ level }) => level === "error")
    .map(({ message }) => message),
});

/** Every nonce once, every transaction a success: so many on each chain. */
async function expectSent(counts: number[]): Promise<void> {
  for (const [index, chain] of stage.world.chains.entries()) {
    const sent = await sentBy(chain, stage.account.signer);
    expect(sent.map(({ nonce }) => nonce)).toEqual(
      Array.from({ length: counts[index] ?? 0 }, (_, n) => n),
    );
    expect(sent.filter(({ succeeded }) => !succeeded)).toEqual([]);
  }
}

test("a release whose machine vanishes in the middle is finished by the next run", async () => {
  const killed = await run("release.yml", "v1.0.0", /alpha: sending/, (one) => void one.kill());
  expect(killed.conclusion).toBe("lost");

  const result = await run("release.yml", "v1.0.0");

  expect(outcome(result)).toEqual({ conclusion: "success", changed: "true", errors: [] });
  await expectSent(FIRST);
});

test("the same release again sends nothing", async () => {
  const result = await run("release.yml", "v1.0.0");

  expect(outcome(result)).toEqual({ conclusion: "success", changed: "false", errors: [] });
  // Its scripts cannot run again, which is nothing to worry about.
  expect(ending(result).errors).toEqual([]);
  expect(result.job("contracts / Plan").outputs["plan-digest"]).toBe("");
  await expectSent(FIRST);
});

test("it leaves forge's own broadcast files, complete with hashes and receipts", async () => {
  const files = new Map(
    (await stage.runs.at(-1)?.everything())?.map(({ where, bytes }) => [where, bytes]),
  );
  const name = [...files.keys()].find((where) =>
    /result.*01_Core.s.sol\/10012\/run-latest/.test(where),
  );
  const recording = JSON.parse(files.get(name ?? "")?.toString() ?? "{}");

  expect(recording.transactions).toHaveLength(8);
  expect(recording.receipts).toHaveLength(8);
  for (const { hash } of recording.transactions) expect(hash).toMatch(/^0x[0-9a-f]{64}$/);
});

test("a second version, cancelled as GitHub cancels, is finished by the next run", async () => {
  await takeOverFiles();
  const sending = /(alpha|beta|gamma): sending/;
  const cancelled = await run("upgrade.yml", "v2.0.0", sending, (one) => void one.cancel());
  expect(cancelled.conclusion).toBe("cancelled");

  const result = await run("upgrade.yml", "v2.0.0");

  expect(result.conclusion).toBe("success");
  await expectSent(FIRST.map((count, index) => count + (UPGRADE[index] ?? 0)));
});

test("nothing that any run left holds a token, a session or a key", async () => {
  const kinds = new Set(stage.world.secrets().map(({ what }) => what));
  expect([...kinds].sort()).toEqual([
    "GitHub token",
    "OIDC token",
    "access key id",
    "request token",
    "runtime token",
    "secret RPC_URLS_APPLY",
    "secret RPC_URLS_PLAN",
    "secret access key",
    "session token",
    "signature of a URL",
  ]);
  expect(await leaksOf(stage)).toEqual([]);
});

/** What a team does after a release: commits the files that its scripts wrote. */
async function takeOverFiles(): Promise<void> {
  const traces = (await stage.runs.at(-1)?.everything()) ?? [];
  for (const { where, bytes } of traces) {
    const [, path] =
      /contracts-release-result.*?files\/(deployments\/\w+\.json)$/.exec(where) ?? [];
    if (path) await writeFile(join(stage.folder, path), bytes);
  }
  await commitAll(stage.folder, "Deployments of v1.0.0");
}
