import type { StatefulSet } from "../manifest.ts";
import { isPortTaken } from "./host-ports.ts";
import { barrierTo, isLonely, type Node, type Placed, repels } from "./place.ts";
import { isCrowded } from "./spread.ts";

/**
 * What of the pods on nodes keeps another off one of them, for a person; null when nothing does.
 */
export function crowdingAt(
  node: Node,
  set: StatefulSet,
  others: readonly Placed[],
  nodes: readonly Node[],
): string | null {
  const { spec, metadata } = set.spec.template;
  const pod = { spec, labels: metadata?.labels };
  if (repels(spec, node, others, nodes))
    return "has pods beside which its podAntiAffinity lets none";
  if (isLonely(pod, node, others, nodes)) return "has no pod that its podAffinity asks for";
  if (isCrowded(pod, node, others, nodes))
    return "has as many as its topologySpreadConstraints let";
  return isPortTaken(spec, node.name, others) ? "has its host port taken" : null;
}

/** How many nodes a person is told of by name. */
const SHOWN = 3;

/** Why none of these takes a pod: what keeps it off, and off which of them. */
export function barriersText(
  set: StatefulSet,
  others: readonly Placed[],
  nodes: readonly Node[],
): string {
  const { spec } = set.spec.template;
  const reasons = nodes.map((node) => ({
    name: node.name,
    reason:
      barrierTo(spec, node) ?? crowdingAt(node, set, others, nodes) ?? "is out of its disks' reach",
  }));
  return [...Map.groupBy(reasons, ({ reason }) => reason)]
    .map(([reason, all]) => `${whoText(all.map(({ name }) => name))} ${reason}`)
    .join("; ");
}

function whoText(names: readonly string[]): string {
  if (names.length === 1) return names.join();
  const more = names.length - SHOWN;
  return `${names.slice(0, SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}: each`;
}
