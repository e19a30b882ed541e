/** A set that runs nodes with keys, as the API server has it. */
export type KeyedSet = { name: string; replicas: number; observed: boolean };

/** A pod of such a set; it counts until it is gone, whatever it says of itself. */
export type KeyedPod = { name: string; phase: string; node: string | null; isGoing: boolean };

export type Fence =
  | { state: "open"; scale: string[]; why: string }
  | { state: "closing"; why: string }
  | { state: "closed" };

/**
 * Whether validators can still sign. Closed is seen, never concluded: every set is at nothing, its
 * controller knows it, and no pod is there, not even one that is ending on a node that is lost.
 */
export function fenceOf(sets: readonly KeyedSet[], pods: readonly KeyedPod[]): Fence {
  const running = sets.filter(({ replicas }) => replicas > 0).map(({ name }) => name);
  if (running.length > 0) {
    return { state: "open", scale: running, why: `${running.join(", ")} may run pods.` };
  }
  const unseen = sets.filter(({ observed }) => !observed).map(({ name }) => name);
  if (unseen.length > 0) {
    return {
      state: "closing",
      why: `The controller has not seen yet that ${unseen.join(", ")} is shut.`,
    };
  }
  const [first] = pods;
  if (first) return { state: "closing", why: pods.map(presenceOf).join(" ") };
  return { state: "closed" };
}

function presenceOf({ name, phase, node, isGoing }: KeyedPod): string {
  const where = node === null ? "" : ` on ${node}`;
  return isGoing ? `${name} is ending${where}.` : `${name} is ${phase}${where}.`;
}
