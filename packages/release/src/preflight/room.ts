import { ActionError } from "@playbook/action";
import { type KubeClient, type KubeObject, type Pod, pods, type Resource } from "@playbook/kube";
import { podNameOf } from "@playbook/rollout";
import { checkNodes, checkQuotas, type Quota, requestsOf } from "./capacity.ts";
import { type Finding, warning } from "./finding.ts";
import type { PodSpec, StatefulSet } from "./manifest.ts";
import type { NodeTerm } from "./node-terms.ts";
import type { Node, Placed } from "./place.ts";
import { claimsOf, type Volume } from "./volumes.ts";

type NodeObject = KubeObject & {
  spec: { unschedulable?: boolean; taints?: Node["taints"] };
  status?: { allocatable?: Record<string, string> };
};

type QuotaObject = KubeObject & { status?: Pick<Quota, "hard" | "used"> };

const nodes: Resource<NodeObject> = {
  ...{ apiVersion: "v1", kind: "Node", plural: "nodes", namespaced: false },
};

type Claim = KubeObject & { spec: { volumeName?: string } };

type Disk = KubeObject & {
  spec: { nodeAffinity?: { required?: { nodeSelectorTerms: NodeTerm[] } } };
};

const claims: Resource<Claim> = {
  ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", plural: "persistentvolumeclaims" },
  namespaced: true,
};

const disks: Resource<Disk> = {
  ...{ apiVersion: "v1", kind: "PersistentVolume", plural: "persistentvolumes" },
  namespaced: false,
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
    const { volumes, findings } = await volumesIn(kube, namespace);
    const wanted = sets.flatMap(podsOf).map((one) => ({
      ...one,
      volumes: claimsOf(one.pod, one.set).flatMap((claim) => volumes.get(claim) ?? []),
    }));
    return [
      ...checkNodes(wanted, allNodes.map(nodeOf), placed),
      ...checkQuotas(moreThan(sets, live), allQuotas.map(quotaOf)),
      ...findings,
    ];
  } catch (error) {
    if (!(error instanceof ActionError) || error.code !== "kube-forbidden") throw error;
    const next = "Give the role the ClusterRole of the RBAC manifest to have it looked at.";
    return [warning("room-unseen", "Nodes and quotas", error.what, next)];
  }
}

/** By their claims' names, the disks that can be attached to some nodes alone. */
async function volumesIn(
  kube: KubeClient,
  namespace: string,
): Promise<{ volumes: Map<string, Volume>; findings: Finding[] }> {
  try {
    const [bound, all] = await Promise.all([kube.list(claims, { namespace }), kube.list(disks)]);
    const entries = bound.flatMap(({ metadata, spec }): [string, Volume][] => {
      const disk = all.find((one) => one.metadata.name === spec.volumeName);
      const terms = disk?.spec.nodeAffinity?.required?.nodeSelectorTerms;
      return disk && terms ? [[metadata.name, { name: disk.metadata.name, terms }]] : [];
    });
    return { volumes: new Map(entries), findings: [] };
  } catch (error) {
    if (!(error instanceof ActionError) || error.code !== "kube-forbidden") throw error;
    const next = "Give the role the RBAC manifest's rules of volumes to have it looked at.";
    const unseen = warning("volumes-unseen", "Zones of volumes", error.what, next);
    return { volumes: new Map(), findings: [unseen] };
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
  return Array.from({ length: count }, (_, at) => ({ set, pod: podNameOf(set, at) }));
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
