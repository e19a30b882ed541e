import { table } from "@playbook/action";
import { type Arena, openArena, planned, type Setting } from "./arena.ts";
import { killWhen, measure, measureAll, median } from "./measured.ts";

const SETTINGS: Setting[] = ([0, 30] as const).map((delayMs) => ({
  ...{ chains: 1, transactions: 200, window: 16 },
  ...{ delayMs, mining: { everySeconds: 1 } },
}));

/**
 * Both are killed when half of their transactions are in blocks; then each goes on in its own way.
 */
export async function benchResume(
  main: string,
  rounds: number,
  say: (line: string) => void,
): Promise<string> {
  const rows: string[][] = [];
  for (const setting of SETTINGS) {
    await using arena = await openArena(main, setting);
    const [forge, apply]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      forge.push(await resumedByForge(arena, setting));
      apply.push(await resumedByUs(arena, setting));
    }
    const [theirs, ours] = [median(forge), median(apply)];
    const what = `${setting.transactions} transactions, 1 s blocks, ${setting.delayMs} ms a call`;
    rows.push([
      what,
      ...[theirs, ours].map((ms) => `${(ms / 1000).toFixed(2)} s`),
      `**${(ours / theirs).toFixed(2)}×**`,
    ]);
    say(rows.at(-1)?.join(", ") ?? "");
  }
  return table(["", "`forge … --resume`", "apply", "apply / forge"], rows);
}

async function resumedByForge(arena: Arena, { transactions }: Setting): Promise<number> {
  await arena.fresh();
  const [command] = arena.forge();
  if (!command) throw new Error("There is no chain.");
  await killWhen(command, isHalfDone(arena, transactions));
  return (await measureAll(arena.forge(["--resume"]))).ms;
}

async function resumedByUs(arena: Arena, { transactions }: Setting): Promise<number> {
  const release = await arena.fresh();
  const { digest } = await planned(arena, release);
  const command = arena.apply(release, digest);
  await killWhen(command, isHalfDone(arena, transactions));
  return (await measure(command)).ms;
}

const isHalfDone = (arena: Arena, transactions: number) => async () =>
  (await arena.mined()) >= transactions / 2;
