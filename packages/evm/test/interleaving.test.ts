import { claim, whole } from "../../../test/proof.ts";
import { type Setup, type Shape, Simulation } from "./simulation/simulation.ts";

/**
 * Two writers of one plan and one key, in every order of what they do visibly: objects created and
 * bytes handed in. After `DEPTH` choices they take turns; PLAYBOOK_FULL=1 goes through all orders.
 */
const DEPTH = whole ? Number.POSITIVE_INFINITY : 6;
const depth = whole ? "to the end" : `${DEPTH} choices deep`;

const step: Shape = { reverts: false, waits: false, after: 0 };
const setup = (shapes: Shape[]): Setup => ({
  shapes,
  window: 2,
  finality: 0,
  poolLimit: 100,
  countsPending: true,
  automine: true,
});

/** One order: `choices` says who goes on while both live. What was chosen, as far as it went. */
async function inOrder(shapes: Shape[], choices: number[]): Promise<[number[], Simulation]> {
  const simulation = new Simulation(setup(shapes));
  const alive = new Set([await simulation.enter(), await simulation.enter()]);
  const made: number[] = [];
  for (let turn = 0; alive.size > 0; ) {
    const names = [...alive];
    let pick = 0;
    if (names.length > 1) {
      pick = turn < DEPTH ? (choices[turn] ?? 0) : turn % 2;
      if (turn < DEPTH) made.push(pick);
      turn += 1;
    }
    const name = names[pick] as string;
    if (!(await simulation.advance(name))) alive.delete(name);
  }
  return [made, simulation];
}

/** The next list of choices in lexical order; undefined after the last. */
function after(choices: number[]): number[] | undefined {
  const last = choices.lastIndexOf(0);
  return last < 0 ? undefined : [...choices.slice(0, last), 1];
}

test.each<[string, Shape[]]>([
  ["a plan of one step", [step]],
  ["a plan of two steps, the second waiting", [step, { ...step, waits: true }]],
])(
  `every order of two writers, ${depth}, ends with each step once: %s`,
  async (name, shapes) => {
    const since = Date.now();
    let deepest = 0;
    let orders = 0;
    let ended = 0;
    for (let choices: number[] | undefined = []; choices; ) {
      const [made, { judge, endings }]: [number[], Simulation] = await inOrder(shapes, choices);
      expect(judge.outcome()).toBe("complete");
      judge.demandComplete();
      for (const ending of endings) {
        expect("outcome" in ending ? ending.outcome : ending.code).toMatch(/complete|plan-closed/);
        if ("outcome" in ending) ended += 1;
      }
      orders += 1;
      deepest = Math.max(deepest, made.length);
      choices = after(made);
    }
    const what = `Orders of two writers: ${name}; every one, to a depth of ${deepest} choices`;
    claim(what, { tried: orders, passed: orders, unit: "orders", since });
    console.log(`${ended} of ${2 * orders} runs ended with the whole result`);
  },
  1_200_000,
);
