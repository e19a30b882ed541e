import { sentBy } from "./judge.ts";
import { leaksOf } from "./leaks.ts";
import { NEXUS_CHAINS, openStage } from "./stage.ts";

const open = () => openStage({ product: "counter", chains: NEXUS_CHAINS });

let stage: Awaited<ReturnType<typeof open>>;

beforeAll(async () => {
  stage = await open();
}, 300_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

test("each group is sent by a job of its own, and the job after them has the results", async () => {
  const run = await stage.start("release-groups.yml", { release: "v1.0.0" });

  const result = await run.finished;

  expect(result.conclusion).toBe("success");
  expect(result.jobs.map(({ name, conclusion }) => [name, conclusion])).toEqual([
    ["contracts / Plan", "success"],
    ["contracts / Apply group (alpha,beta)", "success"],
    ["contracts / Apply group (gamma)", "success"],
    ["contracts / Apply", "success"],
  ]);
  const { outputs } = result.job("contracts / Apply");
  expect(outputs.changed).toBe("false");
  expect(Object.keys(JSON.parse(outputs.addresses ?? "{}"))).toEqual(["alpha", "beta", "gamma"]);
  for (const chain of stage.world.chains) {
    const sent = await sentBy(chain, stage.account.signer);
    expect(sent.map(({ nonce, succeeded }) => [nonce, succeeded])).toEqual([
      [0, true],
      [1, true],
      [2, true],
    ]);
  }
});

test("without groups one job sends on all chains", async () => {
  const run = await stage.start("release.yml", { release: "v2.0.0" });

  const result = await run.finished;

  expect(result.jobs.map(({ name, conclusion }) => [name, conclusion])).toEqual([
    ["contracts / Plan", "success"],
    ["contracts / Apply group", "skipped"],
    ["contracts / Apply", "success"],
  ]);
  expect(result.job("contracts / Apply").outputs.changed).toBe("true");
});

test("nothing that any run left holds a token, a session or a key", async () => {
  expect(await leaksOf(stage)).toEqual([]);
});
