import { error, type Finding } from "../finding.ts";
import { nameOf, type StatefulSet } from "../manifest.ts";

/** A hard fork that nodes are prepared for, by its first block. */
export type PendingFork = { height: number; features: readonly string[] };

/** The chart's init container that prepares a fork, and what it is told. */
const CONTAINER = "hardfork";
const HEIGHT = "AXON_FORK_START";
const FEATURES = "AXON_FORK_FEATURES";

/** The fork that sets prepare their nodes for; null when they prepare none. */
export function pendingForkIn(sets: readonly StatefulSet[]): PendingFork | null {
  const [first] = sets.flatMap(({ spec }) => {
    const containers = spec.template.spec.initContainers ?? [];
    return containers.find(({ name }) => name === CONTAINER) ?? [];
  });
  const said = (variable: string) => first?.env?.find(({ name }) => name === variable)?.value;
  const height = Number(said(HEIGHT));
  const features = said(FEATURES)?.split(" ").filter(Boolean) ?? [];
  return height > 0 && features.length > 0 ? { height, features } : null;
}

/** Whether sets are prepared for a fork that is ahead, and are rendered without any. */
export function checkForks(
  sets: readonly StatefulSet[],
  live: ReadonlyMap<string, StatefulSet>,
  head: number | undefined,
): Finding[] {
  return sets.flatMap((set) => {
    const there = live.get(set.metadata.name);
    const ahead = there && pendingForkIn([there]);
    if (!ahead || head === undefined || ahead.height <= head || pendingForkIn([set])) return [];
    const why =
      `It is prepared for a fork (${ahead.features.join(", ")}) at block ` +
      `${ahead.height}, the chain is at ${head}, and this release takes that away: ` +
      "those who keep it would be on their own.";
    const next =
      "Let upgrade-axon finish the fork first, which also calls one off that gets too late.";
    return [error("fork-dropped", nameOf(set), why, next)];
  });
}
