import { sweep, type Tried } from "../../../../test/sweep.ts";
import {
  type Death,
  pointsOf,
} from "../../../foundry-broadcast-with-kms/test/apply/kill/effect.ts";
import type { Arena } from "./arena.ts";

/** So many of them, as far apart as can be. */
function spread(points: readonly Death[], count: number): readonly Death[] {
  const step = points.length / count;
  if (step <= 1) return points;
  return Array.from({ length: count }, (_, at) => points[Math.floor((at + 0.5) * step)] as Death);
}

/** One run that dies there, and one more of the same plan; what is wrong after it. */
async function tryAt(arena: Arena, death: Death, like: string): Promise<Tried> {
  const round = await arena.reset();
  const { signal, code, output } = await arena.run(round, death);
  const killed = signal === "SIGKILL";
  const faults = killed || code === 0 ? [] : [`it ended by itself with ${code}: ${output}`];
  const { failure } = await arena.again(round);
  if (failure) faults.push(`the next run ends with ${failure.code}: ${failure.why}`);
  faults.push(...(await arena.faults()));
  if (JSON.stringify(await arena.accounts()) !== like) faults.push("the accounts are others");
  const when = death.when === "within" ? `after ${death.calls} calls of` : death.when;
  const where = `killed ${when} ${death.name} (${death.nth})`;
  return { killed, faults: faults.map((fault) => `${where}: ${fault}`) };
}

/**
 * Kills a run at points as far apart as can be, so many of them, or at each, and sees that the next
 * run of its plan brings about what an undisturbed one does.
 */
export async function sweepArena(arena: Arena, chains: string, samples: number): Promise<void> {
  const round = await arena.reset();
  expect(await arena.run(round)).toMatchObject({ code: 0 });
  expect(await arena.faults()).toEqual([]);
  const like = JSON.stringify(await arena.accounts());
  const effects = await arena.effects(round);
  expect(effects.filter(({ kind }) => kind === "unknown" || kind === "spawn")).toEqual([]);
  const all = pointsOf(effects);
  const points = spread(all, samples);
  const what = `Hyperlane's core on ${chains}, ${arena.steps} steps`;

  const tried = await sweep(what, { points, of: all.length }, (at) => tryAt(arena, at, like));

  // How often a run looks at a chain is up to the clock: a look that is not there kills nobody.
  expect(tried).toBeGreaterThanOrEqual(0.95 * points.length - 1);
}
