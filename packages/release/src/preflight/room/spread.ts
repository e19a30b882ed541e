import { isSelected, type LabelSelector } from "@playbook/rollout";
import type { PodSpec } from "../manifest.ts";
import { isTolerated, isWanted, type Labels, type Node, type Placed, placeIn } from "./place.ts";

/** How pods are to be spread over the places that a label of nodes tells apart. */
export type Spread = {
  maxSkew: number;
  topologyKey: string;
  whenUnsatisfiable?: string;
  labelSelector?: LabelSelector;
  matchLabelKeys?: string[];
  minDomains?: number;
  nodeAffinityPolicy?: string;
  nodeTaintsPolicy?: string;
};

type Pod = { spec: PodSpec; labels: Labels | undefined };

/**
 * Whether a pod on a node would leave one place with too many more than another, as the scheduler
 * counts.
 */
export function isCrowded(
  { spec, labels }: Pod,
  node: Node,
  others: readonly Placed[],
  nodes: readonly Node[],
): boolean {
  const hard = hardIn(spec);
  const placed = nodes.filter((one) =>
    hard.every(({ topologyKey }) => placeIn(one, topologyKey) !== undefined),
  );
  return hard.some((spread) => {
    const own = placeIn(node, spread.topologyKey);
    if (own === undefined) return true;
    const selector = selectorOf(spread, labels);
    const counts = new Map<string, number>();
    for (const one of placed.filter((each) => isCounted(spread, spec, each))) {
      const place = placeIn(one, spread.topologyKey) ?? "";
      const here = others.filter(({ node: name, isForeign }) => name === one.name && !isForeign);
      const matching = here.filter((each) => isSelected(selector, each.labels));
      counts.set(place, (counts.get(place) ?? 0) + matching.length);
    }
    const isFew = counts.size < (spread.minDomains ?? 1);
    const fewest = isFew ? 0 : Math.min(...counts.values());
    const itself = isSelected(selector, labels) ? 1 : 0;
    return (counts.get(own) ?? 0) + itself - fewest > spread.maxSkew;
  });
}

function hardIn({ topologySpreadConstraints: all }: PodSpec): Spread[] {
  return (Array.isArray(all) ? all : []).filter(
    ({ whenUnsatisfiable = "DoNotSchedule" }) => whenUnsatisfiable === "DoNotSchedule",
  );
}

/** With the pod's own values of some labels. A revision's is known to nobody yet: it has no pod. */
function selectorOf({ labelSelector, matchLabelKeys }: Spread, labels: Labels = {}) {
  const own = Object.fromEntries((matchLabelKeys ?? []).map((key) => [key, labels[key] ?? ""]));
  return (
    labelSelector && { ...labelSelector, matchLabels: { ...labelSelector.matchLabels, ...own } }
  );
}

/** Whether the pods on a node count, and its place does. */
function isCounted({ nodeAffinityPolicy, nodeTaintsPolicy }: Spread, spec: PodSpec, node: Node) {
  if (nodeAffinityPolicy !== "Ignore" && !isWanted(spec, node)) return false;
  return nodeTaintsPolicy !== "Honor" || isTolerated(spec, node);
}
