import { type Chain, startWorld, type World } from "@playbook/world";
import { claim, whole } from "../../../test/proof.ts";
import { faultsOf, transactionsOf } from "./auditor.ts";
import { counterPlan, type Shape } from "./counter.ts";
import type { Death } from "./process/effects.ts";
import { type Ended, launch, type Place, runToEnd, type Work, workOn } from "./process/launch.ts";

const BUCKET = "races";

let world: World<[{ id: number }], object>;
let chain: Chain;
let places: Record<"a folder" | "a bucket", Place>;
beforeAll(async () => {
  world = await startWorld({ chains: [{ id: 10012 }], aws: {} });
  const { dir, aws } = world;
  [chain] = world.chains;
  await aws.createBucket(BUCKET, { versioned: true });
  const env = aws.environment(aws.admin);
  places = { "a folder": { dir }, "a bucket": { dir, bucket: BUCKET, env } };
});
afterAll(() => world[Symbol.asyncDispose]());

const SHAPES: Shape[] = [
  ...Array.from({ length: 6 }, (_, index) => ({ name: `count(${index})` })),
  { name: "grantRole()", waits: "role", after: [0, 6] },
  { name: "count()" },
];

/** How many processes are at work at once; two are what a cancelled and repeated job can be. */
const CROWDS = whole ? [2, 5] : [2];

/** Entries of the ledger that are certain to come; whoever writes one of them dies of it. */
const ENTRIES = whole ? [1, 2, 3, 4, 5, 6] : [3];
const MOMENTS = whole ? (["unanswered", "after"] as const) : (["unanswered"] as const);

const faults = ({ plan, sender, from }: Work) =>
  faultsOf(chain, sender, plan.steps, plan.steps[0]?.creates[0]?.address ?? "", from);

function claimed(what: string, tried: number, since: number, faults: string[]): void {
  const passed = faults.length === 0 ? tried : 0;
  claim(`Processes with one key: ${what}`, { tried, passed, unit: "processes", since });
}

/** The same steps with other data, as a release of another name. */
function variant(work: Work, index: number): Work {
  const { sender, chains } = work.plan;
  const data = `0x${String(index + 1).padStart(2, "0")}` as const;
  const shapes = SHAPES.map((shape) => ({ ...shape, data }));
  return { ...work, plan: counterPlan(sender, chains, shapes, `run-${index}`) };
}

/** All at once, each in a process of its own. */
const race = (works: Work[], death?: Death) =>
  Promise.all(works.map((work, index) => runToEnd(work, `run-${index}`, death)));

/** That exactly one was killed: which one, and the others. */
function oneKilled(ended: Ended[]): [number, Ended[]] {
  expect(ended.filter(({ signal }) => signal === "SIGKILL")).toHaveLength(1);
  const killed = ended.findIndex(({ signal }) => signal === "SIGKILL");
  return [killed, ended.toSpliced(killed, 1)];
}

/** One that comes when another has just closed the plan is told so, and has signed nothing. */
function expectWell(ended: Ended[]): void {
  for (const { code, output } of ended)
    expect(code === 0 ? "well" : output).toMatch(/well|plan-closed/);
}

function expectRefused(ended: Ended[]): void {
  for (const { code, output } of ended) {
    expect(code).toBe(1);
    expect(output).toMatch(/code: (plan-open|plan-stale|nonce-used-elsewhere)/);
  }
}

describe.each(["a folder", "a bucket"] as const)("with the state in %s", (place) => {
  const work = () => workOn(chain, SHAPES, places[place]);
  const deaths = CROWDS.flatMap((count) =>
    ENTRIES.flatMap((entry) =>
      MOMENTS.map((when) => ({ count, death: { name: `ledger ${entry}`, nth: 1, when } })),
    ),
  );

  test.each(CROWDS)(
    "%i processes with one plan end, and each step is there once",
    async (count) => {
      const since = Date.now();
      const one = await work();
      const ended = await race(Array(count).fill(one));

      const wrong = await faults(one);
      claimed(`${count} with one plan, their state in ${place}`, count, since, wrong);
      expectWell(ended);
      expect(ended.map(({ code }) => code)).toContain(0);
      expect(wrong).toEqual([]);
    },
  );

  test.each(deaths)(
    "of $count with one plan, who writes $death.name is killed ($death.when); the others go on",
    async ({ count, death }) => {
      const since = Date.now();
      const one = await work();
      const [, others] = oneKilled(await race(Array(count).fill(one), death));
      const next = await runToEnd(one, "next");

      const wrong = await faults(one);
      const what = `${count} with one plan, one of them killed, their state in ${place}`;
      claimed(what, count, since, wrong);
      expectWell(others);
      expectWell([next]);
      expect(wrong).toEqual([]);
    },
  );

  test.each(CROWDS)(
    "of %i plans one is carried out, and the others sign nothing that is sent",
    async (count) => {
      const since = Date.now();
      const one = await work();
      const works = Array.from({ length: count }, (_, index) => variant(one, index));
      const ended = await race(works);

      const winner = ended.findIndex(({ code }) => code === 0);
      const wrong = await faults(works[winner] ?? one);
      const what = `${count}, each with a plan of its own, their state in ${place}`;
      claimed(what, count, since, wrong);
      expect(wrong).toEqual([]);
      expectRefused(ended.toSpliced(winner, 1));
    },
  );

  test.each(deaths)(
    "of $count plans, who writes $death.name is killed ($death.when); it is carried out later",
    async ({ count, death }) => {
      const since = Date.now();
      const one = await work();
      const works = Array.from({ length: count }, (_, index) => variant(one, index));
      const [killed, others] = oneKilled(await race(works, death));
      const own = works[killed] ?? one;
      const next = await runToEnd(own, "next");

      const wrong = await faults(own);
      const what = `${count}, each with a plan of its own, one killed, their state in ${place}`;
      claimed(what, count, since, wrong);
      expectRefused(others);
      expect(next).toMatchObject({ code: 0 });
      expect(wrong).toEqual([]);
    },
  );
});

test("a run that gets SIGINT ends by itself, and the next one finishes", async () => {
  const work = await workOn(chain, SHAPES, places["a folder"]);
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
  expect((await transactionsOf(chain, work.sender, work.from)).length).toBeLessThan(9);
  expect(await runToEnd(work, "next")).toMatchObject({ code: 0 });
  expect(await faults(work)).toEqual([]);
});
