import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { table } from "@playbook/action";
import type { Address } from "@playbook/evm";
import type { ChainOptions } from "@playbook/world";
import { HOPS, type Hop, type Verdict } from "../../actions/check-hyperlane/src/journey.ts";
import { openStage, type Stage } from "../../actions/check-hyperlane/test/stage.ts";
import { startRelayer } from "../../packages/hyperlane/test/relayer.ts";
import { median } from "./measured.ts";

const settings: { name: string; mining: NonNullable<ChainOptions["mining"]> }[] = [
  { name: "blocks at once", mining: "auto" },
  { name: "a block a second", mining: { everySeconds: 1 } },
  { name: "a block every 2 s", mining: { everySeconds: 2 } },
];

/** As the output `gas` of the check has it, for each route. */
type Gas = Record<string, { delivered: number; gas: number; reverted: number; wasted: number }>;

type Race = { verdicts: Verdict[]; gas: Gas };

/**
 * Messages between two chains, `rounds` each way, brought by the official relayer and then by two
 * of it: what each hop takes, and what those two waste. All figures are the check's own.
 */
export async function benchMessages(
  rounds: number,
  say: (line: string) => void,
): Promise<{ hops: string; races: string }> {
  const hops: (string | number)[][] = [];
  const races: (string | number)[][] = [];
  for (const { name, mining } of settings) {
    await using stage = await openStage([5, 10012], { mining });
    for (const [relayers, who] of [
      [1, "one relayer"],
      [2, "two relayers"],
    ] as const) {
      say(`messages: ${name}, ${who}`);
      const { verdicts, gas } = await race(stage, relayers, rounds);
      const arrived = verdicts.filter(({ missing }) => missing === null);
      const what = `${name}, ${who}`;
      hops.push([what, `${arrived.length} of ${verdicts.length}`, ...HOPS.map(over(arrived))]);
      races.push([what, ...spent(gas)]);
    }
  }
  const waste = ["delivered", "gas, each", "reverted", "gas, each", "wasted, of all"];
  return {
    hops: table(["", "arrived", ...HOPS], hops),
    races: table(["", ...waste], races),
  };
}

async function race(stage: Stage, count: number, rounds: number): Promise<Race> {
  await using racing = new AsyncDisposableStack();
  const relayers: Address[] = [];
  for (let one = 0; one < count; one += 1) {
    const { address } = racing.use(await startRelayer(stage.network));
    relayers.push(address as Address);
  }
  await settled(stage);
  const verdicts: Verdict[] = [];
  let gas: Gas = {};
  for (let round = 0; round < rounds; round += 1) {
    const { outputs } = await stage.check({ mode: "send", relayers, patience: 60_000 });
    const text = await readFile(join(stage.product, "result/check.json"), "utf8");
    const messages: { verdict: Verdict }[] = JSON.parse(text).messages;
    verdicts.push(...messages.map(({ verdict }) => verdict));
    gas = outputs.gas as Gas;
  }
  return { verdicts, gas };
}

/** Blocks that are made at once are dated a second apart: a chain's clock runs ahead after many. */
async function settled({ sites }: Stage): Promise<void> {
  for (const { chain } of sites) {
    const head = await chain.send<{ timestamp: string }>("eth_getBlockByNumber", ["latest", false]);
    await sleep(Math.max(0, Number(head.timestamp) * 1000 - Date.now()));
  }
}

/** Median and worst of the messages' seconds until a hop. */
function over(verdicts: readonly Verdict[]): (hop: Hop) => string {
  return (hop) => {
    const all = verdicts.map(({ seconds }) => seconds[hop] ?? Number.NaN);
    return `${median(all)} s, ${Math.max(...all)} s`;
  };
}

function spent(gas: Gas): (string | number)[] {
  const sum = (of: (one: Gas[string]) => number) =>
    Object.values(gas).reduce((total, one) => total + of(one), 0);
  const [delivered, paid] = [sum((one) => one.delivered), sum((one) => one.gas)];
  const [reverted, wasted] = [sum((one) => one.reverted), sum((one) => one.wasted)];
  const each = (total: number, of: number) =>
    of === 0 ? "" : Math.round(total / of).toLocaleString("en");
  const share = `${((100 * wasted) / Math.max(1, paid + wasted)).toFixed(0)} %`;
  return [delivered, each(paid, delivered), reverted, each(wasted, reverted), share];
}
