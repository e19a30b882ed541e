import type { StatefulSet } from "@playbook/release";
import type { Pending } from "./choose.ts";

/** The chart's init container that prepares a fork, and what it is told. */
const CONTAINER = "hardfork";
const HEIGHT = "AXON_FORK_START";
const FEATURES = "AXON_FORK_FEATURES";

/** The fork that sets prepare their nodes for; null when they prepare none. */
export function pendingIn(sets: readonly StatefulSet[]): Pending | null {
  const [first] = sets.flatMap(({ spec }) => {
    const containers = spec.template.spec.initContainers ?? [];
    return containers.find(({ name }) => name === CONTAINER) ?? [];
  });
  const said = (variable: string) => first?.env?.find(({ name }) => name === variable)?.value;
  const height = Number(said(HEIGHT));
  const features = said(FEATURES)?.split(" ").filter(Boolean) ?? [];
  return height > 0 && features.length > 0 ? { height, features } : null;
}
