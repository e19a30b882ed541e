import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Chain, startWorld, type World } from "@playbook/world";
import { whole } from "../../../test/proof.ts";
import { sweep, type Tried } from "../../../test/sweep.ts";
import { failureFaults, faultsOf } from "./auditor.ts";
import type { Shape } from "./counter.ts";
import { type Death, type Effect, MOMENTS } from "./process/effects.ts";
import { effectsOf, runToEnd, type Work, workOn } from "./process/launch.ts";
import { calls, GWEI, SEND } from "./stage.ts";

const late = { mining: "manual", reorgPeriod: 2 } as const;
/** One transaction fits into a block: what follows waits in the pool meanwhile. */
const narrow = { ...late, gasLimit: 250_000 } as const;
const CHAINS = [
  { id: 10012, name: "rising", ...narrow },
  { id: 10013, name: "steady", ...narrow },
  { id: 10014, name: "wide", ...late },
] as const;

const DEAR = 50n * GWEI;

let world: World<typeof CHAINS>;
beforeAll(async () => {
  world = await startWorld({ chains: CHAINS });
  for (const chain of world.chains) moveWithLooks(chain);
});
afterAll(() => world[Symbol.asyncDispose]());

const named = (name: string) => world.chains.find((chain) => chain.name === name) as Chain;

/** No clock makes blocks: one comes with each look at the chain. */
function moveWithLooks(chain: Chain): void {
  chain.chaos.onCall(async (phase, { method, params }) => {
    if (phase === "before" && method === "eth_getBlockByNumber" && params[0] === "latest") {
      await block(chain);
    }
  });
}

/** Dear on the chain that is rising, from the first transaction on that it is sent. */
async function block(chain: Chain): Promise<void> {
  const isDear = chain.name === "rising" && chain.chaos.count(SEND) > 0;
  const fee = isDear ? DEAR : GWEI;
  await chain.send("anvil_setNextBlockBaseFeePerGas", [`0x${fee.toString(16)}`]);
  await chain.mine();
}

type Variant = {
  what: string;
  on: (typeof CHAINS)[number]["name"];
  shapes: Shape[];
  /** The entry that only such a run has: it is killed from the entry before it on. */
  kind: string;
  /** How one more run may end. */
  next: RegExp;
  faults: (work: Work) => Promise<string[]>;
};

const complete = {
  next: /^well$/,
  faults: ({ chain, sender, plan, from }: Work) =>
    faultsOf(chain, sender, plan.steps, plan.steps[0]?.creates[0]?.address ?? "", from),
};

const failed = {
  // When its failure was stored, there is no plan left to continue, and it is told so.
  next: /^well$|plan-closed/,
  faults: ({ chain, sender, plan, from }: Work) => failureFaults(chain, sender, plan.steps, from),
};

const boom: Shape = { name: "boom()", data: "0xdead" };
const grantAfter = (step: number): Shape => ({ name: "grantRole()", waits: "role", after: [step] });

const VARIANTS: Variant[] = [
  {
    what: "replaced as the base fee jumps",
    on: "rising",
    shapes: calls(6),
    kind: "replaced",
    ...complete,
  },
  {
    what: "cancelled behind a step that reverts",
    on: "steady",
    shapes: [...calls(1), boom, ...calls(6).map((shape) => ({ ...shape, after: [2] }))],
    kind: "cancelled",
    ...failed,
  },
  {
    what: "settled in the midst of it",
    on: "wide",
    shapes: [...calls(64), ...[64, 65, 66, 67].map(grantAfter)],
    kind: "settled",
    ...complete,
  },
];

/** The plan anew, with a key of its own, on a chain that is calm. */
async function fresh({ on, shapes }: Variant): Promise<Work> {
  const chain = named(on);
  chain.chaos.forget();
  await block(chain);
  return workOn(chain, shapes, world);
}

type Entry = { kind: string; transactions?: { nonce: number }[] };

/** The entries of the ledger, in order; read past the library. */
async function entriesOf({ state }: Work): Promise<Entry[]> {
  const files = await readdir(join(state, "ledgers"), { recursive: true });
  const paths = files.filter((path) => path.endsWith(".json")).sort();
  const texts = paths.map((path) => readFile(join(state, "ledgers", path), "utf8"));
  return (await Promise.all(texts)).map((text) => JSON.parse(text) as Entry);
}

/** What is wrong with a release that has come to its end, on the chain and in its ledger. */
async function wrongWith(work: Work, { faults }: Variant): Promise<string[]> {
  const entries = await entriesOf(work);
  const signed = entries.flatMap(({ transactions = [] }) => transactions.map(({ nonce }) => nonce));
  const next = await work.chain.nonce(work.sender);
  return [
    ...(await faults(work)),
    ...(entries.at(-1)?.kind === "closed" ? [] : ["the ledger is not closed"]),
    ...(next === Math.max(...signed) + 1 ? [] : [`of ${signed} only ${next} are used up`]),
  ];
}

/** Every moment from the entry on that comes before the first one of the kind. */
function pointsOf(effects: Effect[], kind: string): Death[] {
  const stored = effects.filter(({ name }) => name.startsWith("ledger "));
  const first = stored.findIndex(({ name }) => name.endsWith(kind));
  // The last two, settled and closed, are in every ledger.
  expect(stored.slice(0, -2)).toContain(stored[first]);
  return effects
    .slice(effects.indexOf(stored[first - 1] as Effect))
    .flatMap(({ name, nth }) => MOMENTS.map((when) => ({ name, nth, when })));
}

/** One run that dies there, and one more; what is wrong after it. */
async function killedAt(death: Death, variant: Variant): Promise<Tried> {
  const work = await fresh(variant);
  const { signal } = await runToEnd(work, "killed", death);
  if (signal !== "SIGKILL") return { killed: false, faults: [] };
  const { code, output } = await runToEnd(work, "next");
  const end = code === 0 ? "well" : output;
  const wrong = variant.next.test(end) ? [] : [`one more run ended with ${end}`];
  wrong.push(...(await wrongWith(work, variant)));
  const where = `killed ${death.when} ${death.name} (${death.nth})`;
  return { killed: true, faults: wrong.map((fault) => `${where}: ${fault}`) };
}

test.each(VARIANTS)(
  "a release that is killed while nonces are $what ends as it should",
  async (variant) => {
    const work = await fresh(variant);
    expect(await runToEnd(work, "undisturbed")).toMatchObject({ code: 0 });
    expect(await wrongWith(work, variant)).toEqual([]);

    const points = pointsOf(await effectsOf(work, "undisturbed"), variant.kind);
    const sixths = [1, 3, 5].map((sixth) => Math.floor((points.length * sixth) / 6));
    const chosen = points.filter((_, at) => whole || sixths.includes(at));

    const tried = await sweep(variant.what, { points: chosen, of: points.length }, (death) =>
      killedAt(death, variant),
    );

    expect(chosen.length - tried).toBeLessThanOrEqual(chosen.length / 20);
  },
  1_800_000,
);
