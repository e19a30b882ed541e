import { openHyperlaneStage } from "./hyperlane-stage.ts";
import { ending, sentBy } from "./judge.ts";
import { leaksOf } from "./leaks.ts";

const parts = new AsyncDisposableStack();
let stage: Awaited<ReturnType<typeof openHyperlaneStage>>;
beforeAll(async () => {
  stage = await openHyperlaneStage(parts);
}, 1_200_000);
afterAll(() => parts.disposeAsync());

const SUCCESS = { conclusion: "success", errors: [] };

/** How much the key has sent on all chains, by the blocks themselves. */
async function sent(): Promise<number> {
  const all = await Promise.all(stage.world.chains.map((one) => sentBy(one, stage.sender)));
  expect(all.flat().every(({ succeeded }) => succeeded)).toBe(true);
  return all.flat().length;
}

let first: Awaited<ReturnType<typeof stage.release>>;

test("Hyperlane comes to two chains in one run, behind an approval of its plan", async () => {
  await stage.wish(2);

  first = await stage.release();

  expect(ending(first.result)).toEqual(SUCCESS);
  const plan = first.result.job("hyperlane / Plan");
  const { outputs } = first.result.job("hyperlane / Apply");
  expect(outputs).toMatchObject({ changed: "true", proposals: "0" });
  expect(Object.keys(JSON.parse(outputs.mailboxes ?? "{}")).sort()).toEqual(["alpha", "beta"]);
  expect(await sent()).toBe(Number(plan.outputs.steps));
}, 300_000);

test("a result that nobody committed keeps the next run from deploying again", async () => {
  const before = await sent();

  const { result } = await stage.release();

  const { conclusion, errors } = ending(result);
  expect(conclusion).toBe("failure");
  expect(errors.join("\n")).toContain("alpha, beta");
  expect(errors.join("\n")).toContain("The registry lacks what an earlier run has deployed");
  expect(await sent()).toBe(before);
}, 300_000);

test("with the registry committed there is nothing to do, and then only what was changed", async () => {
  await stage.takeOver(first.run);
  const before = await sent();

  const same = await stage.release();
  await stage.wish(3);
  const other = await stage.release();

  expect([ending(same.result), ending(other.result)]).toEqual([SUCCESS, SUCCESS]);
  expect(same.result.job("hyperlane / Apply").outputs).toMatchObject({ changed: "false" });
  const { steps } = other.result.job("hyperlane / Plan").outputs;
  expect((await sent()) - before).toBe(Number(steps));
}, 300_000);

test("no run has left a secret anywhere", async () => {
  expect(await leaksOf(stage)).toEqual([]);
});
