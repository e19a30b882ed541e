/** Text that Markdown leaves alone. */
export function code(text: string): string {
  return `\`${text.replaceAll("`", "'")}\``;
}

/** The name of a release, as short as commits are called: most are named after one. */
export function shortRelease(release: string): string {
  return /^[0-9a-f]{40}$/.test(release) ? release.slice(0, 7) : release;
}

const numbered = new Intl.Collator("en", { numeric: true });

/** The order of names in which `axon-10` comes after `axon-9`. */
export const byName = (one: string, other: string): number => numbered.compare(one, other);

/** `1 step`, `2 steps`. */
export function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? "" : "s"}`;
}
