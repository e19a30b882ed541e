import { code, table } from "@playbook/action";
import type { Difference } from "./compare.ts";
import type { Promoted } from "./promoted.ts";

/** The part of a plan's summary that says what it repeats, and which values differ. */
export function promotionShown(promoted: Promoted, differences: Difference[]): string {
  const { environment, release } = promoted.plan.deployment;
  const title = `### The same as ${environment} · ${release}`;
  const said = `Steps, their order and all bytecode are those of plan \`${promoted.digest}\`.`;
  if (differences.length === 0) return `${title}\n\n${said} So are all values.`;
  const rows = differences.map(({ chain, before, now }) => [chain, code(now), code(before)]);
  const differing = table(["Chain", "Here", "There"], rows);
  return `${title}\n\n${said} What differs in values, as declared:\n\n${differing}`;
}
