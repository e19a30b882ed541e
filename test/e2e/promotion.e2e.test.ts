import { ending, sentBy } from "./judge.ts";
import { leaksOf } from "./leaks.ts";
import { openStage } from "./stage.ts";

const open = () =>
  openStage({
    product: "counter",
    chains: [
      { id: 10012, name: "alpha", mining: { everySeconds: 1 } },
      { id: 43113, name: "beta", mining: { everySeconds: 1 } },
    ],
  });

let stage: Awaited<ReturnType<typeof open>>;

beforeAll(async () => {
  stage = await open();
}, 300_000);
afterAll(() => stage?.[Symbol.asyncDispose]());

async function promote(release: string, transactions: string) {
  const run = await stage.start("promote.yml", { release, transactions });
  const result = await run.finished;
  const counts = stage.world.chains.map((chain) => sentBy(chain, stage.account.signer));
  return { result, sent: (await Promise.all(counts)).map((own) => own.length) };
}

test("what would not be the same release is not sent to the second chain", async () => {
  const { result, sent } = await promote("v1.0.0", "4");

  expect(result.conclusion).toBe("failure");
  expect(result.job("first / Apply").conclusion).toBe("success");
  expect(result.job("second / Apply").conclusion).toBe("failure");
  const plan = result.job("second / Plan");
  const told = plan.steps.flatMap(({ annotations }) => annotations.map(({ message }) => message));
  expect(told.join("\n")).toContain("code: promotion-differs");
  expect(sent).toEqual([3, 0]);
}, 180_000);

test("the second chain gets what the first one got", async () => {
  const { result, sent } = await promote("v2.0.0", "3");

  expect(ending(result)).toEqual({ conclusion: "success", errors: [] });
  expect(sent).toEqual([6, 3]);
}, 180_000);

test("nothing that any run left holds a token, a session or a key", async () => {
  expect(await leaksOf(stage)).toEqual([]);
});
