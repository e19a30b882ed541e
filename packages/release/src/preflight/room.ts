import { ActionError } from "@playbook/action";
import { type KubeClient, type KubeObject, type Pod, pods, type Resource } from "@playbook/kube";
import {
  checkNodes,
  checkQuotas,
  type Node,
  type Placed,
  type Quota,
  requestsOf,
} from "./capacity.ts";
import { type Finding, warning } from "./finding.ts";
import type { PodSpec, StatefulSet } from "./manifest.ts";

type NodeObject = KubeObject & {
  spec: { unschedulable?: boolean; taints?: Node["taints"] };
  status?: { allocatable?: Record<string, string> };
};

type QuotaObject = KubeObject & { status?: Pick<Quota, "hard" | "used"> };

const nodes: Resource<NodeObject> = {
  ...{ apiVersion: "v1", kind: "Node", plural: "nodes", namespaced: false },
};

const quotas: Resource<QuotaObject> = {
  ...{ apiVersion: "v1", kind: "ResourceQuota", plural: "resourcequotas", namespaced: true },
};

/** What the release asks of nodes and quotas against what they have free. */
export async function checkRoom(
  kube: KubeClient,
  namespace: string,
  sets: readonly StatefulSet[],
  live: ReadonlyMap<string, StatefulSet>,
): Promise<Finding[]> {
  try {
    const [allNodes, allPods, allQuotas] = await Promise.all([
      kube.list(nodes),
      kube.list(pods, { fields: "status.phase!=Succeeded,status.phase!=Failed" }),
      kube.list(quotas, { namespace }),
    ]);
    const placed = allPods.flatMap((pod) => placedOf(pod, namespace));
    return [
      ...checkNodes(sets.flatMap(podsOf), allNodes.map(nodeOf), placed),
      ...checkQuotas(moreThan(sets, live), allQuotas.map(quotaOf)),
    ];
  } catch (error) {
    if (!(error instanceof ActionError) || error.code !== "kube-forbidden") throw error;
    const next = "Give the role the ClusterRole of the RBAC manifest to have it looked at.";
    return [warning("room-unseen", "Nodes and quotas", error.what, next)];
  }
}

function placedOf({ metadata, spec }: Pod, namespace: string): Placed[] {
  const { nodeName: node } = spec;
  if (!node) return [];
  const isForeign = metadata.namespace !== namespace;
  const { name: pod, labels } = metadata;
  return [{ pod, isForeign, node, spec: spec as PodSpec, labels }];
}

function podsOf(set: StatefulSet) {
  const count = set.spec.replicas ?? 1;
  return Array.from({ length: count }, (_, at) => ({ set, pod: `${set.metadata.name}-${at}` }));
}

function nodeOf({ metadata, spec, status }: NodeObject): Node {
  return {
    name: metadata.name,
    labels: metadata.labels ?? {},
    taints: spec.taints ?? [],
    unschedulable: spec.unschedulable ?? false,
    allocatable: status?.allocatable ?? {},
  };
}

function quotaOf({ metadata, status }: QuotaObject): Quota {
  return { name: metadata.name, hard: status?.hard ?? {}, used: status?.used ?? {} };
}

/** What all sets together request beyond what those that are there do. */
function moreThan(
  sets: readonly StatefulSet[],
  live: ReadonlyMap<string, StatefulSet>,
): Record<string, number> {
  const before = sets.flatMap(({ metadata }) => live.get(metadata.name) ?? []);
  const [wanted, there] = [totalOf(sets), totalOf(before)];
  return Object.fromEntries(
    Object.entries(wanted).map(([name, amount]) => [name, amount - (there[name] ?? 0)]),
  );
}

function totalOf(sets: readonly StatefulSet[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const { spec } of sets) {
    const count = spec.replicas ?? 1;
    for (const [name, amount] of Object.entries({ ...requestsOf(spec.template.spec), pods: 1 })) {
      total[name] = (total[name] ?? 0) + count * amount;
    }
  }
  return total;
}
