import { type Cell, table } from "@playbook/action";
import { type Arena, openArena, planned, type Setting, type Traces } from "./arena.ts";
import { leastBlocks } from "./least.ts";
import { Hung, type Measured, measure, measureAll, median } from "./measured.ts";

/** What one tool took for a setting: medians of all rounds. */
type Cost = Omit<Measured, "output"> & Traces;

export type Row = {
  setting: Setting;
  forge: Cost;
  /** What a release's privileged job does: send a plan that is there. */
  apply: Cost;
  /** What the job without rights does before, in milliseconds. */
  planMs: number;
  /** How often forge did not come to its end; those runs do not count. */
  hung: number;
};

const EVERY_SECOND = { everySeconds: 1 };

const small = (delayMs: number, window: number): Setting[] =>
  (["auto", EVERY_SECOND] as const).flatMap((mining) =>
    [20, 200].map((transactions) => ({ chains: 1, transactions, mining, delayMs, window })),
  );

const eight = (window: number): Setting[] =>
  (["auto", EVERY_SECOND] as const).map((mining) => ({
    ...{ chains: 8, transactions: 200, delayMs: 30 },
    ...{ mining, window },
  }));

const SETTINGS = [
  ...small(0, 16),
  ...[16, 64].flatMap((window) => small(30, window)),
  ...[16, 64].flatMap(eight),
];

/**
 * The same transactions, chains, KMS key and delays for `forge script --broadcast --aws` and us.
 */
export async function benchBroadcast(
  main: string,
  rounds: number,
  say: (line: string) => void,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const setting of SETTINGS) {
    await using arena = await openArena(main, setting);
    const [forge, apply, plans]: [Cost[], Cost[], number[]] = [[], [], []];
    let hung = 0;
    // Eight chains take so long that once has to be enough.
    const times = setting.chains === 1 ? rounds : 1;
    while (forge.length < times) {
      const cost = await forgesCost(arena);
      if (cost) forge.push(cost);
      else hung += 1;
    }
    for (let round = 0; round < times; round += 1) {
      const release = await arena.fresh();
      const { measured, digest } = await planned(arena, release);
      plans.push(measured.ms);
      arena.forget();
      apply.push(await costOf(arena, () => measure(arena.apply(release, digest))));
    }
    rows.push({ setting, forge: middle(forge), apply: middle(apply), planMs: median(plans), hung });
    say(`${describe(setting)}: ${timeCells(rows.at(-1) as Row).join(", ")}`);
  }
  return rows;
}

/** Undefined when forge waits for a transaction that no pool holds any more. */
async function forgesCost(arena: Arena): Promise<Cost | undefined> {
  await arena.fresh();
  try {
    return await costOf(arena, () => measureAll(arena.forge()));
  } catch (error) {
    if (error instanceof Hung) return undefined;
    throw error;
  }
}

async function costOf(arena: Arena, run: () => Promise<Measured>): Promise<Cost> {
  const { output: _, ...measured } = await run();
  return { ...measured, ...(await arena.traces()) };
}

function middle(all: Cost[]): Cost {
  const of = (read: (one: Cost) => number) => median(all.map(read));
  return {
    ms: of(({ ms }) => ms),
    peakMiB: of(({ peakMiB }) => peakMiB),
    cpuMs: of(({ cpuMs }) => cpuMs),
    blocks: of(({ blocks }) => blocks),
    requests: of(({ requests }) => requests),
    calls: {
      kms: of(({ calls }) => calls.kms),
      s3: of(({ calls }) => calls.s3),
      rpc: of(({ calls }) => calls.rpc),
    },
  };
}

function describe({ chains, transactions, mining, delayMs, window }: Setting): string {
  const blocks = mining === "auto" ? "a block each" : `${mining.everySeconds} s blocks`;
  const what = chains === 1 ? `${transactions}` : `${chains} chains × ${transactions}`;
  return `${what} transactions, ${blocks}, ${delayMs} ms a call, window ${window}`;
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

function timeCells({ setting, forge, apply, planMs, hung }: Row): Cell[] {
  const least = leastBlocks(setting.transactions, setting.window);
  const blocks = setting.mining === "auto" ? "" : `${forge.blocks}, ${apply.blocks} (${least})`;
  return [
    seconds(forge.ms) + (hung > 0 ? ` (hung ${hung}×, not counted)` : ""),
    seconds(apply.ms),
    `**${(apply.ms / forge.ms).toFixed(2)}×**`,
    blocks,
    seconds(planMs),
  ];
}

export function timeTable(rows: Row[]): string {
  const head = [
    "",
    "forge",
    "apply",
    "apply / forge",
    "blocks: forge, apply (least)",
    "plan before",
  ];
  return table(
    head,
    rows.map((row) => [describe(row.setting), ...timeCells(row)]),
  );
}

/**
 * Calls are those of one transaction; a node's are counted one by one, though many share a request.
 */
export function costTable(rows: Row[]): string {
  const head = ["", "KMS", "S3", "RPC", "requests to nodes", "processor time", "memory"];
  const body = rows.flatMap(({ setting, forge, apply }) => {
    const all = setting.chains * setting.transactions;
    const each = (count: number) => (count / all).toFixed(2);
    return (["forge", "apply"] as const).map((who) => {
      const { calls, requests, cpuMs, peakMiB } = { forge, apply }[who];
      return [
        `${who}: ${describe(setting)}`,
        ...[each(calls.kms), each(calls.s3), each(calls.rpc), each(requests)],
        ...[seconds(cpuMs), `${peakMiB.toFixed(0)} MiB`],
      ];
    });
  });
  return table(head, body);
}
