import { isSelected } from "@playbook/rollout";
import type { PodSpec } from "./manifest.ts";
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

type Labels = Record<string, string>;

/** What keeps a pod off a node, whoever else is there, for a person; null when nothing does. */
export function barrierTo(spec: PodSpec, node: Node): string | null {
  const { labels, taints, unschedulable } = node;
  if (unschedulable) return "is cordoned";
  const selector = Object.entries(spec.nodeSelector ?? {});
  const [missed] = selector.filter(([key, value]) => labels[key] !== value);
  if (missed) return `has not the nodeSelector's ${missed.join("=")}`;
  const terms = requiredOf(spec);
  if (terms && !meets(terms, node)) return `is not what nodeAffinity asks for, ${termsText(terms)}`;
  const taint = taints
    .filter(({ effect }) => effect !== "PreferNoSchedule")
    .find((one) => !(spec.tolerations ?? []).some((it) => bears(it, one)));
  return taint ? `has the taint ${taint.key}` : null;
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
  const own = others.filter(({ isForeign }) => !isForeign);
  return terms.some(({ topologyKey, labelSelector }) => {
    const place = placeIn(node, topologyKey);
    const isBeside = ({ node: name }: Placed) => {
      const its = nodes.find((one) => one.name === name);
      return place !== undefined && its !== undefined && placeIn(its, topologyKey) === place;
    };
    return own.some((one) => isBeside(one) && isSelected(labelSelector, one.labels));
  });
}

/** Kubernetes gives each node its own name as a label. */
function placeIn({ name, labels }: Node, key: string): string | undefined {
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
