import { type Chain, startWorld, type World } from "@playbook/world";
import { faultsOf, handedIn, transactionsOf } from "./auditor.ts";
import { counterPlan, type Shape } from "./counter.ts";
import { launch, runToEnd, type Work, workOn } from "./process/launch.ts";

const full = Boolean(process.env.PLAYBOOK_FULL);

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

const names = (count: number) => Array.from({ length: count }, (_, index) => `run-${index}`);

test.each([2, ...(full ? [5] : [])])(
  "%i processes with one key and one plan end, and each step is there once",
  async (count) => {
    const work = await workOn([chain], SHAPES, world.dir);
    const ended = await Promise.all(names(count).map((name) => runToEnd(work, name)));

    // One that comes when another has just closed the plan is told so, and has signed nothing.
    for (const { code, output } of ended)
      expect(code === 0 ? "well" : output).toMatch(/well|plan-closed/);
    expect(ended.map(({ code }) => code)).toContain(0);
    expect(await faults(work)).toEqual([]);
  },
  120_000,
);

test("of two processes, one killed in between, the other goes on as if it were alone", async () => {
  const work = await workOn([chain], SHAPES, world.dir);
  const [killed, other] = await Promise.all([
    runToEnd(work, "killed", { effect: 30, when: "unanswered" }),
    runToEnd(work, "other"),
  ]);

  expect(killed.signal).toBe("SIGKILL");
  expect(other).toMatchObject({ code: 0 });
  expect(await faults(work)).toEqual([]);
}, 120_000);

test("of two plans for one key one is carried out, and the other signs nothing that is sent", async () => {
  const one = await workOn([chain], SHAPES, world.dir);
  const shapes = SHAPES.map((shape) => ({ ...shape, data: "0x01" as const }));
  const two = { ...one, plan: counterPlan(one.plan.sender, one.plan.chains, shapes, "two") };
  const ended = await Promise.all([runToEnd(one, "one"), runToEnd(two, "two")]);

  const [winner, loser] = ended[0]?.code === 0 ? [one, ended[1]] : [two, ended[0]];
  expect(loser).toMatchObject({ code: 1 });
  expect(loser?.output).toMatch(/code: (plan-open|plan-stale|nonce-used-elsewhere)/);
  expect(await faults(winner)).toEqual([]);
  for (const acts of handedIn(chain, one.sender).values()) expect(acts.size).toBe(1);
}, 120_000);

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
