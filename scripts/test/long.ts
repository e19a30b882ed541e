import { createHash } from "node:crypto";

/**
 * The order in which a commit tries files: each commit another one, the same commit always the
 * same, so that what there was no time for at one has its turn at another.
 */
export function turnsOf(files: readonly string[], commit: string): string[] {
  const rank = (file: string) => createHash("sha256").update(`${commit}:${file}`).digest("hex");
  const ranked = files.map((file) => ({ file, rank: rank(file) }));
  return ranked.toSorted((one, other) => (one.rank < other.rank ? -1 : 1)).map(({ file }) => file);
}

/**
 * Runs one file after another, `lanes` of them at once, for as long as another may be begun.
 * Resolves to what came of those that ran, and to the files that none was begun of.
 */
export async function inLanes<Outcome>(
  files: readonly string[],
  lanes: number,
  mayBegin: () => boolean,
  run: (file: string) => Promise<Outcome>,
): Promise<{ outcomes: Outcome[]; left: string[] }> {
  const left = [...files];
  const outcomes: Outcome[] = [];
  const lane = async () => {
    while (left.length > 0 && mayBegin()) outcomes.push(await run(left.shift() as string));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return { outcomes, left };
}
