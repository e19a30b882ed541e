import { claim, whole } from "../../../test/proof.ts";
import { type Ending, type Role, type Shape, Simulation } from "./simulation/simulation.ts";

/**
 * Two writers with one plan and one key, in every order of what can be noticed: the second one
 * comes, an object is created, bytes are handed in, a block is mined. After so many choices they
 * take turns.
 */
type Space = {
  name: string;
  shapes: Shape[];
  /** What the second writer has come for. */
  second: Role;
  /** Where it does, a node that holds a whole window is given twice as much. */
  countsPending: boolean;
  /** What may become of a writer. */
  endings: RegExp;
  /** How many choices are tried with PLAYBOOK_FULL=1, on each of the chains. */
  depths: [number, number];
  demand: (simulation: Simulation) => void;
};

const DEPTH = 6;

/** Events within which all have ended; the longest seen took 27. */
const EVENTS = 1_000;

const WINDOW = 2;

const step: Shape = { reverts: false, waits: false, after: 0 };

const finished = {
  second: "release",
  countsPending: true,
  endings: /complete|plan-closed/,
  demand: ({ judge }: Simulation) => {
    expect(judge.outcome()).toBe("complete");
    judge.demandComplete();
  },
} as const;

const reverted = {
  second: "release",
  countsPending: false,
  endings: /failed|plan-closed|resume-would-revert/,
  demand: ({ judge, chain }: Simulation) => {
    expect(judge.outcome()).toBe("failed");
    judge.demandUsedUp();
    // Beyond the window, a step is sent by who knows what became of the first.
    const done = chain.included.map(({ transaction }) => transaction.data);
    expect(done.slice(WINDOW)).toEqual(done.slice(WINDOW).fill("0x"));
  },
} as const;

const givenUp = {
  second: "abandon",
  countsPending: true,
  endings: /complete|plan-closed|abandoned|nothing begun/,
  demand: ({ judge }: Simulation) => judge.demandUsedUp(),
} as const;

const END = Number.POSITIVE_INFINITY;
const PLANS: Space[] = [
  { name: "a plan of one step", shapes: [step], depths: [END, 12], ...finished },
  {
    name: "two steps, the second waiting",
    shapes: [step, { ...step, waits: true }],
    depths: [END, 11],
    ...finished,
  },
  {
    name: "a step that reverts, two that depend on it signed by then",
    shapes: [{ ...step, reverts: true }, step, step],
    depths: [12, 10],
    ...reverted,
  },
  {
    name: "one gives two steps up that the other sends",
    shapes: [step, step],
    depths: [END, 12],
    ...givenUp,
  },
];

const CHAINS = [
  { name: "a block for each transaction", automine: true, finality: 0 },
  { name: "blocks at any time, final after one more", automine: false, finality: 1 },
];

const SPACES = CHAINS.flatMap(({ name, ...chain }, nth) =>
  PLANS.map(({ shapes, countsPending, depths, ...space }) => ({
    ...space,
    name: `${space.name}; ${name}`,
    depth: whole ? (depths[nth] ?? DEPTH) : DEPTH,
    setup: { shapes, window: WINDOW, poolLimit: 100, countsPending, ...chain },
  })),
);

/** What was chosen, and of how many. */
type Choice = { pick: number; of: number };

/** One order: what was chosen in it, as far as it went, and what it came to. */
async function inOrder({ setup, second, depth }: (typeof SPACES)[number], picks: number[]) {
  const simulation = new Simulation(setup);
  const coming = [second];
  const made: Choice[] = [];
  await simulation.enter("release");
  for (let turn = 0, events = 0; events < EVENTS; events += 1) {
    const of = simulation.events.length + coming.length;
    if (of === 0) return { made, simulation };
    const pick = turn < depth ? (picks[turn] ?? 0) : turn % of;
    if (of > 1 && turn < depth) made.push({ pick, of });
    if (of > 1) turn += 1;
    const event = simulation.events[of > 1 ? pick : 0];
    await (event ? simulation.happen(event) : simulation.enter(coming.pop() as Role));
  }
  throw new Error(`no end in ${EVENTS} events after ${picks}`);
}

/** The next list of choices in lexical order; undefined after the last. */
function after(made: Choice[]): number[] | undefined {
  const last = made.findLastIndex(({ pick, of }) => pick + 1 < of);
  if (last < 0) return undefined;
  return made.slice(0, last + 1).map(({ pick }, at) => (at === last ? pick + 1 : pick));
}

const wordOf = (ending: Ending) => ("outcome" in ending ? ending.outcome : ending.code);

test.each(SPACES)(
  "every order of two writers ends as it should: $name",
  async (space) => {
    const since = Date.now();
    const endings = new Map<string, number>();
    let deepest = 0;
    let orders = 0;
    for (let picks: number[] | undefined = []; picks; ) {
      const { made, simulation } = await inOrder(space, picks);
      space.demand(simulation);
      for (const ending of simulation.endings.map(wordOf)) {
        expect(ending).toMatch(space.endings);
        endings.set(ending, (endings.get(ending) ?? 0) + 1);
      }
      orders += 1;
      deepest = Math.max(deepest, made.length);
      picks = after(made);
    }
    const depth = `${deepest} choices${deepest < space.depth ? ", its end" : ""}`;
    const what = `Orders of two writers: ${space.name}; every one, to a depth of ${depth}`;
    claim(what, { tried: orders, passed: orders, unit: "orders", since });
    console.log(`ended: ${[...endings].map(([word, count]) => `${word} ${count}`).join(", ")}`);
  },
  1_200_000,
);
