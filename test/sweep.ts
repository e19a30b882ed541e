import { claim, whole } from "./proof.ts";

/** Whether a run came by the point and was killed there, and what is wrong after one more run. */
export type Tried = { killed: boolean; faults: string[] };

/**
 * Tries each of these points, claims what came of it, and fails if anything was wrong. A point
 * that throws is a point at which something is wrong. Resolves to how many were come by.
 */
export async function sweep<Point>(
  what: string,
  { points, of }: { points: readonly Point[]; of?: number | undefined },
  tryAt: (point: Point) => Promise<Tried>,
): Promise<number> {
  const since = Date.now();
  const all: string[] = [];
  let [tried, failed] = [0, 0];
  const own = points.filter((_, at) => isOurs(at));
  for (const [at, point] of own.entries()) {
    if (whole && at % 10 === 0) tell(`${what}: ${at} of ${own.length} points`);
    const { killed, faults } = await tryAt(point).catch((error): Tried => {
      return { killed: true, faults: [`${JSON.stringify(point)}: ${error}`] };
    });
    if (killed) tried += 1;
    if (faults.length > 0) failed += 1;
    all.push(...faults);
    for (const fault of faults) tell(`${what}: ${fault}`);
  }
  claim(`SIGKILL, then one more run: ${what}`, {
    ...{ tried, of, passed: tried - failed, unit: "points", since },
  });
  expect(all).toEqual([]);
  return tried;
}

/** PLAYBOOK_SLICE=2/3 takes the second of every three points: several runs share one sweep. */
const [slice = 1, slices = 1] = (process.env.PLAYBOOK_SLICE ?? "1/1").split("/").map(Number);

const isOurs = (at: number): boolean => at % slices === slice - 1;

/** At once: a sweep may take an hour, and whoever stops it has seen what was wrong until then. */
const tell = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
