import { type Chain, startWorld, type World } from "@playbook/world";
import { claim, whole } from "../../../test/proof.ts";
import type { Plan } from "../src/index.ts";
import { faultsOf, handedIn, transactionsOf } from "./auditor.ts";
import { counterPlan, type Shape } from "./counter.ts";
import { launch, runToEnd, type Work, workOn } from "./process/launch.ts";

let world: World<[{ id: number }]>;
let chain: Chain;
beforeAll(async () => {
  world = await startWorld({ chains: [{ id: 10012 }] });
  [chain] = world.chains;
}, 60_000);
afterAll(() => world[Symbol.asyncDispose]());

const SHAPES: Shape[] = [
  ...Array.from({ length: 6 }, (_, index) => ({ name: `count(${index})` })),
  { name: "grantRole()", waits: "role", after: [0, 6] },
  { name: "count()" },
];

const faults = ({ plan, sender, from }: Work) =>
  faultsOf(chain, sender, plan.steps, plan.steps[0]?.creates[0]?.address ?? "", from[0]);

function claimed(what: string, tried: number, since: number, faults: string[]): void {
  const passed = faults.length === 0 ? tried : 0;
  claim(`Processes with one key: ${what}`, { tried, passed, unit: "processes", since });
}

/** The same steps with other data, as a release of another name. */
function variant({ plan: { sender, chains } }: Work, release: string, index: number): Plan {
  const data = `0x${String(index + 1).padStart(2, "0")}` as const;
  const shapes = SHAPES.map((shape) => ({ ...shape, data }));
  return counterPlan(sender, chains, shapes, release);
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `run-${index}`);

/** How many processes are at work at once; two are what a cancelled and repeated job can be. */
const CROWDS = whole ? [2, 5] : [2];

/** The effect at which one of them dies: some 60 are a run of these steps. */
const DEATHS = whole ? [5, 10, 15, 20, 25, 30, 35, 40, 45, 50] : [30];

test.each(CROWDS)(
  "%i processes with one key and one plan end, and each step is there once",
  async (count) => {
    const since = Date.now();
    const work = await workOn([chain], SHAPES, world.dir);
    const ended = await Promise.all(names(count).map((name) => runToEnd(work, name)));

    const wrong = await faults(work);
    claimed(`${count} processes with one plan`, count, since, wrong);
    // One that comes when another has just closed the plan is told so, and has signed nothing.
    for (const { code, output } of ended)
      expect(code === 0 ? "well" : output).toMatch(/well|plan-closed/);
    expect(ended.map(({ code }) => code)).toContain(0);
    expect(wrong).toEqual([]);
  },
  120_000,
);

test.each(CROWDS.flatMap((count) => DEATHS.map((effect) => [count, effect] as const)))(
  "of %i processes, one killed at its effect %i, the others go on as if it had not been there",
  async (count, effect) => {
    const since = Date.now();
    const work = await workOn([chain], SHAPES, world.dir);
    const [killed, ...others] = await Promise.all([
      runToEnd(work, "killed", { effect, when: "unanswered" }),
      ...names(count - 1).map((name) => runToEnd(work, name)),
    ]);

    const wrong = await faults(work);
    claimed(`${count} processes with one plan, one killed`, count, since, wrong);
    expect(["SIGKILL", null]).toContain(killed.signal);
    for (const { code, output } of others)
      expect(code === 0 ? "well" : output).toMatch(/well|plan-closed/);
    expect(wrong).toEqual([]);
  },
  120_000,
);

test.each(CROWDS)(
  "of %i plans for one key one is carried out, and the others sign nothing that is sent",
  async (count) => {
    const since = Date.now();
    const one = await workOn([chain], SHAPES, world.dir);
    const works = names(count).map((name, index) => ({ ...one, plan: variant(one, name, index) }));
    const ended = await Promise.all(works.map((work, index) => runToEnd(work, `plan-${index}`)));

    const winner = ended.findIndex(({ code }) => code === 0);
    const wrong = await faults(works[winner] ?? one);
    claimed(`${count} processes, each with a plan of its own`, count, since, wrong);
    expect(wrong).toEqual([]);
    for (const { code, output } of ended.toSpliced(winner, 1)) {
      expect(code).toBe(1);
      expect(output).toMatch(/code: (plan-open|plan-stale|nonce-used-elsewhere)/);
    }
    for (const acts of handedIn(chain, one.sender).values()) expect(acts.size).toBe(1);
  },
  120_000,
);

test("a run that gets SIGINT ends by itself, and the next one finishes", async () => {
  const work = await workOn([chain], SHAPES, world.dir);
  const sent = new Promise<void>((resolve) => {
    const forget = chain.chaos.onCall((phase, { method }) => {
      if (phase !== "before" || method !== "eth_sendRawTransaction") return;
      forget();
      resolve();
    });
  });
  const run = await launch(work, "interrupted");
  await sent;
  process.kill(run.pid, "SIGINT");
  const { code } = await run.exited;
  await run.stop(0);

  expect(code).toBe(1);
  expect((await transactionsOf(chain, work.sender, work.from[0])).length).toBeLessThan(9);
  expect(await runToEnd(work, "next")).toMatchObject({ code: 0 });
  expect(await faults(work)).toEqual([]);
}, 120_000);
