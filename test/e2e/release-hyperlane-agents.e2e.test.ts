import { aFew, openAgents } from "./hyperlane-agents-stage.ts";
import { openHyperlaneStage } from "./hyperlane-stage.ts";
import { ending } from "./judge.ts";
import { leaksOf } from "./leaks.ts";

const parts = new AsyncDisposableStack();
let stage: Awaited<ReturnType<typeof openHyperlaneStage>>;
let agents: Awaited<ReturnType<typeof openAgents>>;
beforeAll(async () => {
  stage = await openHyperlaneStage(parts);
  agents = await openAgents(stage, parts, await aFew(stage));
}, 1_200_000);
afterAll(() => parts.disposeAsync());

const SUCCESS = { conclusion: "success", errors: [] };
const ALL = ["validator-alpha-a", "relayer-main-a"];

const at = (tag: string) =>
  ALL.map((name) => [`${name}-0`, `registry.example/hyperlane-agent:${tag}`]).sort();

test("contracts and then agents come about in one run", async () => {
  await stage.wish(2);
  await agents.version("v1");

  const { run, result } = await stage.release(agents.beside);

  expect(ending(result)).toEqual(SUCCESS);
  expect(JSON.parse(result.job("hyperlane / Agents").outputs.moved ?? "")).toEqual(ALL);
  expect((await agents.images()).sort()).toEqual(at("v1"));
  await stage.takeOver(run);
}, 300_000);

test("another version of the agents changes them and no contract", async () => {
  await agents.version("v2");

  const { result } = await stage.release(agents.beside);

  expect(ending(result)).toEqual(SUCCESS);
  expect(result.job("hyperlane / Apply").outputs).toMatchObject({ changed: "false" });
  expect(JSON.parse(result.job("hyperlane / Agents").outputs.moved ?? "")).toEqual(ALL);
  expect((await agents.images()).sort()).toEqual(at("v2"));
}, 300_000);

test("no run has left a secret anywhere", async () => {
  expect(await leaksOf(stage)).toEqual([]);
});
