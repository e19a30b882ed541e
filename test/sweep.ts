import { claim } from "./proof.ts";

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
  for (const point of points.filter((_, at) => isOurs(at))) {
    const { killed, faults } = await tryAt(point).catch((error): Tried => {
      return { killed: true, faults: [`${JSON.stringify(point)}: ${error}`] };
    });
    if (killed) tried += 1;
    if (faults.length > 0) failed += 1;
    all.push(...faults);
    // A sweep may take an hour: whoever stops it has seen what was wrong until then.
    for (const fault of faults) process.stderr.write(`${what}: ${fault}\n`);
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
