/** It is carried by an output and a variable, and read by a person. */
const LONGEST = 4_000;

/**
 * What kept a plan from being made, for another job to say. The job that planned ran the product's
 * code, which may have written any of it: only lines of visible characters are left, so many.
 */
export function planError(text: string): string {
  const visible = text.replaceAll(/[^\P{C}\n\t]/gu, "");
  return visible.length > LONGEST ? `${visible.slice(0, LONGEST)}\n…` : visible;
}
