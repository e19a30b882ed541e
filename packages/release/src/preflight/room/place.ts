import { isSelected } from "@playbook/rollout";
import type { PodSpec, Term } from "../manifest.ts";
import { meets, termsText } from "./node-terms.ts";

/** A node as the scheduler sees it. */
export type Node = {
  name: string;
  labels: Record<string, string>;
  taints: Taint[];
  unschedulable: boolean;
  allocatable: Record<string, string>;
};

type Taint = { key: string; value?: string; effect: string };

/** A pod that has its place on a node already. */
export type Placed = {
  pod: string;
  /** Of another namespace than the release's own: it takes room, and repels nobody. */
  isForeign?: boolean;
  node: string;
  spec: PodSpec;
  labels?: Labels | undefined;
};

export type Labels = Record<string, string>;

/** What keeps a pod off a node, whoever else is there, for a person; null when nothing does. */
export function barrierTo(spec: PodSpec, node: Node): string | null {
  if (node.unschedulable) return "is cordoned";
  if (spec.nodeName && spec.nodeName !== node.name) return `is not its nodeName, ${spec.nodeName}`;
  const unwanted = unwantedBy(spec, node);
  if (unwanted) return unwanted;
  const taint = untolerated(spec, node);
  return taint ? `has the taint ${taint.key}` : null;
}

/** Whether a node is one that a pod asks for, by its selector and affinity. */
export function isWanted(spec: PodSpec, node: Node): boolean {
  return unwantedBy(spec, node) === null;
}

function unwantedBy(spec: PodSpec, node: Node): string | null {
  const selector = Object.entries(spec.nodeSelector ?? {});
  const [missed] = selector.filter(([key, value]) => node.labels[key] !== value);
  if (missed) return `has not the nodeSelector's ${missed.join("=")}`;
  const terms = requiredOf(spec);
  if (terms && !meets(terms, node)) return `is not what nodeAffinity asks for, ${termsText(terms)}`;
  return null;
}

/** Whether a pod bears all that keeps others off a node. */
export function isTolerated(spec: PodSpec, node: Node): boolean {
  return untolerated(spec, node) === undefined;
}

function untolerated(spec: PodSpec, { taints }: Node): Taint | undefined {
  return taints
    .filter(({ effect }) => effect !== "PreferNoSchedule")
    .find((one) => !(spec.tolerations ?? []).some((it) => bears(it, one)));
}

function requiredOf({ affinity }: PodSpec) {
  return affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
}

/** Whether pods are on a node, or in its zone, beside which it may not run. */
export function repels(
  { affinity }: PodSpec,
  node: Node,
  others: readonly Placed[],
  nodes: readonly Node[],
): boolean {
  const terms = affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return terms.some((term) => metBy(term, others).some((one) => isBeside(one, node, term, nodes)));
}

/**
 * Whether pods are missing on a node, and in its zone, beside which it has to run. The first of
 * those that are to be together may begin anywhere.
 */
export function isLonely(
  { spec: { affinity }, labels }: { spec: PodSpec; labels: Labels | undefined },
  node: Node,
  others: readonly Placed[],
  nodes: readonly Node[],
): boolean {
  const terms = affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return terms
    .filter(({ namespaces, namespaceSelector }) => !namespaces && !namespaceSelector)
    .some((term) => {
      const met = metBy(term, others);
      const isFirst = met.length === 0 && isSelected(term.labelSelector, labels);
      if (isFirst) return placeIn(node, term.topologyKey) === undefined;
      return !met.some((one) => isBeside(one, node, term, nodes));
    });
}

/** Pods of the same namespace that a term means. */
function metBy({ labelSelector }: Term, others: readonly Placed[]): Placed[] {
  return others.filter(({ isForeign, labels }) => !isForeign && isSelected(labelSelector, labels));
}

function isBeside(
  { node: name }: Placed,
  node: Node,
  { topologyKey }: Term,
  nodes: readonly Node[],
): boolean {
  const place = placeIn(node, topologyKey);
  const its = nodes.find((one) => one.name === name);
  return place !== undefined && its !== undefined && placeIn(its, topologyKey) === place;
}

/** Kubernetes gives each node its own name as a label. */
export function placeIn({ name, labels }: Node, key: string): string | undefined {
  return labels[key] ?? (key === "kubernetes.io/hostname" ? name : undefined);
}

function bears(
  { key, operator = "Equal", value, effect }: NonNullable<PodSpec["tolerations"]>[0],
  taint: Taint,
): boolean {
  if (effect && effect !== taint.effect) return false;
  if (operator === "Exists") return key === undefined || key === taint.key;
  return key === taint.key && (value ?? "") === (taint.value ?? "");
}
