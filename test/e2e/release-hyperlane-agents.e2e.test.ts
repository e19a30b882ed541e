import { aFew, openAgents } from "./hyperlane-agents-stage.ts";
import { openHyperlaneStage } from "./hyperlane-stage.ts";
import { ending, sentBy } from "./judge.ts";
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

/** How often the funder has paid somebody, by the blocks themselves. */
async function payments(): Promise<number> {
  const all = await Promise.all(stage.world.chains.map((one) => sentBy(one, stage.funder)));
  return all.flat().length;
}

const at = (tag: string) =>
  ALL.map((name) => [`${name}-0`, `registry.example/hyperlane-agent:${tag}`]).sort();

test("contracts and then agents come about in one run", async () => {
  await stage.wish(2);
  await agents.version("v1");

  const { run, result } = await stage.release(agents.beside);

  expect(ending(result)).toEqual(SUCCESS);
  const { moved = "", funding = "" } = result.job("hyperlane / Agents").outputs;
  expect(JSON.parse(moved)).toEqual(ALL);
  const { outputs, steps } = result.job("hyperlane / Plan agents");
  expect(outputs["plan-digest"]).toMatch(/^sha256:/);
  const shown = steps.map(({ summary }) => summary).join();
  for (const name of ALL) expect(shown).toContain(`| ${name} | install |`);
  const reader = agents.gate.requests().filter(({ user }) => user.includes("nexus-plan-agents"));
  const verbs = [...new Set(reader.map(({ verb }) => verb))];
  expect(verbs).toContain("list");
  expect(verbs.filter((one) => !["get", "list"].includes(one))).toEqual([]);
  const paid: { name: string }[] = JSON.parse(funding);
  expect(paid.map(({ name }) => name).sort()).toEqual(ALL.toSorted());
  expect(await payments()).toBe(ALL.length);
  expect((await agents.images()).sort()).toEqual(at("v1"));
  await stage.takeOver(run);
}, 300_000);

test("another version of the agents changes them, pays nobody, changes no contract, and the list's routes are checked", async () => {
  await agents.version("v2");
  const vars = { ...agents.beside.vars, ...stage.checking, PATIENCE: "1s" };

  const { result } = await stage.release({ ...agents.beside, vars });

  // Those whom the other chain's ISM counts on are nobody: no message arrives.
  const { errors } = ending(result);
  expect(errors.join("\n")).not.toMatch(/beta > alpha|poor-relayer/);
  expect(
    result.jobs.flatMap(({ name, conclusion }) => (conclusion === "failure" ? name : [])),
  ).toEqual(["hyperlane / Check"]);
  expect(JSON.parse(result.job("hyperlane / Check").outputs.routes ?? "")).toEqual({
    "alpha > beta": "not signed",
  });
  expect(result.job("hyperlane / Apply").outputs).toMatchObject({ changed: "false" });
  expect(JSON.parse(result.job("hyperlane / Agents").outputs.moved ?? "")).toEqual(ALL);
  expect(await payments()).toBe(ALL.length);
  expect((await agents.images()).sort()).toEqual(at("v2"));
}, 300_000);

test("no run has left a secret anywhere", async () => {
  expect(await leaksOf(stage)).toEqual([]);
});
