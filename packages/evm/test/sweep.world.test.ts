import { join } from "node:path";
import { folderStore } from "@playbook/state";
import { type Chain, startWorld, type World } from "@playbook/world";
import { type Address, Ledger } from "../src/index.ts";
import { faultsOf } from "./auditor.ts";
import type { Shape } from "./counter.ts";
import type { Death, Effect } from "./process/effects.ts";
import { effectsOf, runToEnd, type Work, workOn } from "./process/launch.ts";

/**
 * Kills a release at every boundary of every effect that an undisturbed one has, runs it once more,
 * and has the chain judged. `npm test` takes a fixed sample; PLAYBOOK_FULL=1 all of them.
 */
const full = Boolean(process.env.PLAYBOOK_FULL);

const AT_ONCE = 2;
const WHEN: Death["when"][] = ["before", "unanswered", "after"];

const SHAPES: Shape[] = [
  { name: "count()" },
  { name: "new Counter()", kind: "create" },
  { name: "new Counter{salt}()", kind: "create2" },
  { name: "deposit()", value: 5n, waits: "value" },
  { name: "grantRole()", waits: "role", after: [0, 1] },
  { name: "count()" },
];

let world: World<{ id: number }[]>;
beforeAll(async () => {
  world = await startWorld({ chains: [{ id: 10012 }, { id: 10013 }, { id: 10014 }] });
}, 60_000);
afterAll(() => world[Symbol.asyncDispose]());

const points = (effects: Effect[]): Death[] =>
  effects.flatMap(({ effect }) => WHEN.map((when) => ({ effect, when })));

/** So many of them, spread evenly, the first and the last among them. */
function sample<Item>(items: Item[], count: number): Item[] {
  const step = (items.length - 1) / (count - 1);
  return Array.from({ length: count }, (_, index) => items[Math.round(index * step)] as Item);
}

/** What is wrong after the work is said to be done: by the chain, and by its ledgers. */
async function faultsAfter({ plan, sender, chains, from, dir }: Work): Promise<string[]> {
  const faults = await Promise.all(
    chains.map(async (chain, index) => {
      const counter = plan.steps.find((step) => step.chain === chain.name)?.creates[0]?.address;
      const found = await faultsOf(chain, sender, plan.steps, counter ?? "", from[index]);
      const { genesis, chainId } = plan.chains[index] ?? { genesis: "0x", chainId: 0 };
      const key = { genesis, chainId, signer: sender as Address };
      const state = await new Ledger(folderStore(join(dir, "state")), key, "auditor").read();
      if (state?.open || state?.last?.outcome !== "complete")
        found.push("the ledger is not closed");
      return found.map((fault) => `${chain.name}: ${fault}`);
    }),
  );
  return faults.flat();
}

/** One release killed at a point and run once more; undefined when all is as it should be. */
async function faultAt(chains: Chain[], death: Death): Promise<string | undefined> {
  const work = await workOn(chains, SHAPES, world.dir);
  const killed = await runToEnd(work, "killed", death);
  const next = await runToEnd(work, "next");
  const faults = await faultsAfter(work);
  if (killed.signal !== "SIGKILL") faults.push(`ended with ${killed.code} before it was killed`);
  if (next.code !== 0) faults.push(`the next run failed: ${next.output}`);
  if (faults.length === 0) return undefined;
  return `${death.when} effect ${death.effect}: ${faults.join("; ")}`;
}

async function sweep(chains: Chain[], deaths: Death[]): Promise<string[]> {
  const found: string[] = [];
  const queue = [...deaths];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const fault = await faultAt(chains, next);
      if (fault) found.push(fault);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return found;
}

describe.each([
  { name: "one chain", count: 1, samples: 8 },
  { name: "three chains", count: 3, samples: 4 },
])("a release to $name", ({ count, samples }) => {
  let chains: Chain[];
  let effects: Effect[];

  beforeAll(async () => {
    chains = world.chains.slice(0, count);
    const work = await workOn(chains, SHAPES, world.dir);
    for (const { chaos } of chains) chaos.forget();
    expect(await runToEnd(work, "undisturbed")).toMatchObject({ code: 0 });
    effects = await effectsOf(work, "undisturbed");
    expect(await faultsAfter(work)).toEqual([]);
  }, 60_000);

  test("touches the world by no way that has no boundary", () => {
    const rpc = effects.filter(({ kind }) => kind === "rpc");
    const calls = chains.flatMap(({ chaos }) => chaos.calls());
    expect(rpc.reduce((sum, { size }) => sum + size, 0)).toBe(calls.length);
    expect(effects.filter(({ kind }) => kind === "sign")).toHaveLength(count * (SHAPES.length + 1));
  });

  test(
    "ends with each step once, wherever it was killed",
    async () => {
      const all = points(effects);
      const chosen = full ? all : sample(all, samples);
      const faults = await sweep(chains, chosen);

      console.log(
        `killed at ${chosen.length} of ${all.length} points of ${effects.length} effects`,
      );
      expect(faults).toEqual([]);
    },
    full ? 3_600_000 : 180_000,
  );
});
