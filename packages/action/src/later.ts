/**
 * Work that is begun now and awaited later: what it fails with is heard by whoever awaits it, and
 * not before.
 */
export function later<Result>(work: Promise<Result>): Promise<Result> {
  work.catch(() => {});
  return work;
}
