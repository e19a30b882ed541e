import { ActionError } from "@playbook/action";
import { type KubeClient, type KubeObject, type Pod, pods, type Resource } from "@playbook/kube";
import { isSelected } from "@playbook/rollout";
import { type Finding, warning } from "../finding.ts";
import type { PodSpec, StatefulSet } from "../manifest.ts";
import { checkNodes, type Quota, type Scope, type Wanted } from "./capacity.ts";
import type { NodeTerm } from "./node-terms.ts";
import type { Node, Placed } from "./place.ts";
import { type Asked, checkQuota, podsOf } from "./quotas.ts";
import { claimsOf, type Volume } from "./volumes.ts";

type NodeObject = KubeObject & {
  spec: { unschedulable?: boolean; taints?: Node["taints"] };
  status?: { allocatable?: Record<string, string> };
};

type QuotaObject = KubeObject & {
  spec?: { scopes?: string[]; scopeSelector?: { matchExpressions?: Scope[] } };
  status?: Pick<Quota, "hard" | "used">;
};

const nodes: Resource<NodeObject> = {
  ...{ apiVersion: "v1", kind: "Node", plural: "nodes", namespaced: false },
};

type Claim = KubeObject & { spec: { volumeName?: string } };

type Disk = KubeObject & {
  spec: { nodeAffinity?: { required?: { nodeSelectorTerms: NodeTerm[] } } };
};

export const claims: Resource<Claim> = {
  ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", plural: "persistentvolumeclaims" },
  namespaced: true,
};

const disks: Resource<Disk> = {
  ...{ apiVersion: "v1", kind: "PersistentVolume", plural: "persistentvolumes" },
  namespaced: false,
};

export const quotas: Resource<QuotaObject> = {
  ...{ apiVersion: "v1", kind: "ResourceQuota", plural: "resourcequotas", namespaced: true },
};

/** `sets` are the validators', and the rest is what counts for quotas. */
type Wishes = { sets: readonly StatefulSet[] } & Omit<Asked, "live" | "bound" | "running">;

/** What the release asks of nodes and quotas against what they have free. */
export async function checkRoom(
  kube: KubeClient,
  namespace: string,
  { sets, ...wished }: Wishes,
  live: ReadonlyMap<string, StatefulSet>,
): Promise<Finding[]> {
  try {
    const [allNodes, allPods, allQuotas] = await Promise.all([
      kube.list(nodes),
      kube.list(pods, { fields: "status.phase!=Succeeded,status.phase!=Failed" }),
      kube.list(quotas, { namespace }),
    ]);
    const placed = allPods.flatMap((pod) => placedOf(pod, namespace));
    const { volumes, bound, findings } = await volumesIn(kube, namespace);
    const wanted = wantedOf(sets, wished.all).map((one) => ({
      ...one,
      volumes: claimsOf(one.pod, one.set).flatMap((claim) => volumes.get(claim) ?? []),
    }));
    const own = allPods.filter(({ metadata }) => metadata.namespace === namespace);
    const running = ({ spec }: StatefulSet) =>
      own.filter(({ metadata }) => isSelected(spec.selector, { ...metadata.labels })).length;
    const asked = { ...wished, live, bound, running };
    return [
      ...(await grown(kube, checkNodes(wanted, allNodes.map(nodeOf), placed))),
      ...allQuotas.map(quotaOf).flatMap((quota) => checkQuota(quota, asked)),
      ...findings,
    ];
  } catch (error) {
    if (!(error instanceof ActionError) || error.code !== "kube-forbidden") throw error;
    const next = "Give the role the ClusterRole of the RBAC manifest to have it looked at.";
    return [warning("room-unseen", "Nodes and quotas", error.what, next)];
  }
}

/** The pods of validators, and those of all other sets. */
function wantedOf(sets: readonly StatefulSet[], all: readonly StatefulSet[]): Wanted[] {
  const others = all.filter((one) => !sets.includes(one)).flatMap(podsOf);
  return [...sets.flatMap(podsOf), ...others.map((one) => ({ ...one, isBeside: true }))];
}

/** Where Karpenter is, a node without room is no reason not to begin: it makes another. */
async function grown(kube: KubeClient, found: readonly Finding[]): Promise<readonly Finding[]> {
  if (found.length === 0) return found;
  const { groups } = await kube.read<{ groups: { name: string }[] }>("/apis");
  if (!groups.some(({ name }) => name === "karpenter.sh")) return found;
  const next = "Karpenter has to make a node for it: see that a NodePool lets it.";
  return found.map(({ code, at, why, ...rest }) =>
    code === "no-capacity" ? warning(code, at, why, next) : { code, at, why, ...rest },
  );
}

/** By their claims' names, the disks that can be attached to some nodes alone. */
async function volumesIn(
  kube: KubeClient,
  namespace: string,
): Promise<{ volumes: Map<string, Volume>; bound: Set<string> | null; findings: Finding[] }> {
  const found = await kube.list(claims, { namespace }).catch(unlessForbidden);
  const all = await kube.list(disks).catch(unlessForbidden);
  const refused = [found, all].find((one) => one instanceof ActionError);
  const there = found instanceof ActionError ? [] : found;
  const entries = there.flatMap(({ metadata, spec }): [string, Volume][] => {
    const disk =
      all instanceof ActionError
        ? undefined
        : all.find((one) => one.metadata.name === spec.volumeName);
    const terms = disk?.spec.nodeAffinity?.required?.nodeSelectorTerms;
    return disk && terms ? [[metadata.name, { name: disk.metadata.name, terms }]] : [];
  });
  const next = "Give the role the RBAC manifest's rules of volumes to have it looked at.";
  return {
    volumes: new Map(entries),
    bound:
      found instanceof ActionError ? null : new Set(there.map(({ metadata }) => metadata.name)),
    findings: refused ? [warning("volumes-unseen", "Zones of volumes", refused.what, next)] : [],
  };
}

function unlessForbidden(error: unknown): ActionError {
  if (error instanceof ActionError && error.code === "kube-forbidden") return error;
  throw error;
}

function placedOf({ metadata, spec }: Pod, namespace: string): Placed[] {
  const { nodeName: node } = spec;
  if (!node) return [];
  const isForeign = metadata.namespace !== namespace;
  const { name: pod, labels } = metadata;
  return [{ pod, isForeign, node, spec: spec as PodSpec, labels }];
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

export function quotaOf({ metadata, spec, status }: QuotaObject): Quota {
  const { scopes = [], scopeSelector } = spec ?? {};
  const named = scopes.map((scopeName) => ({ scopeName, operator: "Exists" }));
  return {
    ...{ name: metadata.name, hard: status?.hard ?? {}, used: status?.used ?? {} },
    scopes: [...named, ...(scopeSelector?.matchExpressions ?? [])],
  };
}
