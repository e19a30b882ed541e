/** Where a backup's objects are, below the prefix of a chain's backups. */
export const placeOf = (id: string) => ({
  /** What is written before anything else. */
  begun: `${id}/begun.json`,
  /** What the pod writes when all parts are there. */
  contents: `${id}/contents.json`,
  parts: `${id}/parts/`,
  /** What is written last. Without it there is no backup. */
  manifest: `${id}/manifest.json`,
});

const ID = /^\d{8}t\d{6}z-\d+$/;

/** A name that sorts by time, and is one for Kubernetes, too. */
export function idFor(at: number, height: number): string {
  const digits = new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  return `${digits.toLowerCase()}-${height}`;
}

export function isId(text: string): boolean {
  return ID.test(text);
}

/** When a backup was begun, in milliseconds since the epoch. */
export function timeOf(id: string): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)z/.exec(id) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
