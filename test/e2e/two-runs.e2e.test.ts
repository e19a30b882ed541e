import type { Approve } from "@playbook/world";
import { ending, sentBy } from "./judge.ts";
import { leaksOf } from "./leaks.ts";
import { openStage } from "./stage.ts";

const STEPS = 20;

const open = () =>
  openStage({
    product: "counter",
    chains: [{ id: 10012, name: "alpha", mining: { everySeconds: 1 } }],
  });

let stage: Awaited<ReturnType<typeof open>>;

beforeAll(async () => {
  stage = await open();
}, 300_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

function release(approve: Approve = true) {
  const inputs = { release: "v1.0.0", transactions: String(STEPS) };
  return stage.start("release.yml", inputs, { approve });
}

/** Lets jobs that wait for their reviewers go when `count` of them do, all at once. */
function together(count: number): Approve {
  const all = Promise.withResolvers<void>();
  let waiting = 0;
  return async () => {
    waiting += 1;
    if (waiting === count) all.resolve();
    await all.promise;
    return true;
  };
}

test("of two runs of one release at once each step is sent once, and the release gets done", async () => {
  const { environments } = stage.world.github.repository(stage.repository);
  environments.set("production", { branches: ["main"], reviewers: true });
  const approve = together(2);

  const runs = await Promise.all([release(approve), release(approve)]);
  const results = await Promise.all(runs.map(({ finished }) => finished));

  // The one that comes later goes on with the other's plan, whenever it notices.
  const success = { conclusion: "success", errors: [] };
  expect(results.map(ending)).toEqual([success, success]);
  const [alpha] = stage.world.chains;
  const sent = await sentBy(alpha, stage.account.signer);
  expect(sent.map(({ nonce }) => nonce)).toEqual(Array.from({ length: STEPS }, (_, n) => n));
  expect(sent.filter(({ succeeded }) => !succeeded)).toEqual([]);
});

test("the run after them finds nothing to do", async () => {
  const result = await (await release()).finished;

  expect(ending(result)).toEqual({ conclusion: "success", errors: [] });
  expect(result.job("contracts / Apply").outputs.changed).toBe("false");
});

test("nothing that any run left holds a token, a session or a key", async () => {
  expect(await leaksOf(stage)).toEqual([]);
});
