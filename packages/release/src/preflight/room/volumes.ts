import { error, type Finding } from "../finding.ts";
import { nameOf, type StatefulSet } from "../manifest.ts";
import { meets, type NodeTerm, termsText } from "./node-terms.ts";
import { barrierTo, type Node } from "./place.ts";

/** A disk that is there, and which nodes it can be attached to. */
export type Volume = { name: string; terms: readonly NodeTerm[] };

/** Whether a node is one that all of these can be attached to. */
export function isInReach(volumes: readonly Volume[], node: Node): boolean {
  return volumes.every(({ terms }) => meets(terms, node));
}

/** Names of the claims that a pod of a set has. */
export function claimsOf(pod: string, { spec }: StatefulSet): string[] {
  const made = (spec.volumeClaimTemplates ?? []).map(({ metadata }) => `${metadata.name}-${pod}`);
  const named = (spec.template.spec.volumes ?? []).flatMap(
    ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? [],
  );
  return [...made, ...named];
}

/** How many nodes a person is told of. */
const SHOWN = 3;

/**
 * Whether some node lets a pod in where its disks are. A disk of a cloud stays in the zone that it
 * was made in: with no such node there the pod waits, and its vote is missing.
 */
export function checkReach(
  { pod, set, volumes }: { pod: string; set: StatefulSet; volumes: readonly Volume[] },
  nodes: readonly Node[],
): Finding[] {
  if (volumes.length === 0) return [];
  const { spec } = set.spec.template;
  const barriers = nodes
    .filter((node) => isInReach(volumes, node))
    .map((node) => ({ name: node.name, barrier: barrierTo(spec, node) }));
  if (barriers.some(({ barrier }) => barrier === null)) return [];
  const where = volumes.map(({ name, terms }) => `${name} (${termsText(terms)})`).join(" and ");
  const told = barriers.slice(0, SHOWN).map(({ name, barrier }) => `${name} ${barrier}`);
  const more = barriers.length > SHOWN ? `, and ${barriers.length - SHOWN} more` : "";
  const there =
    told.length > 0 ? `of the nodes there, ${told.join(", ")}${more}` : "no node is there";
  return [
    error(
      "volume-out-of-reach",
      `${nameOf(set)}, pod ${pod}`,
      `Its data is on ${where}, and no node there takes it: ${there}. It would never start again.`,
      "Add a node there that takes it, or mend what keeps it off. Into another zone the data " +
        "goes by a snapshot and a new claim.",
    ),
  ];
}
