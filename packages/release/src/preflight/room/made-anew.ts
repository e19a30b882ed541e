import { type Manifest, podSpecOf, type SetSpec, type StatefulSet } from "../manifest.ts";
import { quantity } from "../quantity.ts";
import type { Amounts } from "./capacity.ts";

/** What a release has beside its sets: as it is rendered, and as it is now. */
export type Others = { rendered: readonly Manifest[]; current: readonly Manifest[] };

/** Objects whose pods stay, by a template as sets have one. */
const KEEPING = /^(?:Deployment|ReplicaSet|ReplicationController)$/;

export const keyOf = ({ kind, metadata }: Manifest) => `${kind}/${metadata.name}`;

/** Those that have pods, as if they were sets. */
export function keepersIn(manifests: readonly Manifest[]): StatefulSet[] {
  return manifests.filter(
    (one): one is StatefulSet => KEEPING.test(one.kind) && podSpecOf(one) !== undefined,
  );
}

/** How many pods a Deployment starts beside those that it has, when its template is another. */
export function surgeOf(next: StatefulSet, last: StatefulSet): number {
  const isSame = JSON.stringify(next.spec.template) === JSON.stringify(last.spec.template);
  const { strategy } = next.spec as SetSpec & {
    strategy?: { type?: string; rollingUpdate?: { maxSurge?: number | string } };
  };
  if (isSame || next.kind !== "Deployment" || strategy?.type === "Recreate") return 0;
  const most = `${strategy?.rollingUpdate?.maxSurge ?? "25%"}`;
  const share = Number.parseFloat(most);
  return most.endsWith("%") ? Math.ceil(((next.spec.replicas ?? 1) * share) / 100) : share;
}

/**
 * Objects that are not there, by the names that quotas count them by; pods and sets count
 * elsewhere.
 */
export function newObjects({ rendered, current }: Others, bound: ReadonlySet<string>): Amounts {
  const there = new Set(current.map(keyOf));
  const total: Record<string, number> = {};
  for (const one of rendered.filter(({ kind }) => kind !== "StatefulSet")) {
    const isThere = there.has(keyOf(one)) || (one.kind === CLAIM && bound.has(one.metadata.name));
    for (const [name, amount] of isThere ? [] : chargesOf(one)) {
      total[name] = (total[name] ?? 0) + amount;
    }
  }
  return total;
}

const CLAIM = "PersistentVolumeClaim";

/** Kinds that quotas count by their plain names as well. */
const PLAIN = /^(?:services|secrets|configmaps|persistentvolumeclaims|replicationcontrollers)$/;

function chargesOf({ kind, apiVersion = "v1", spec }: Manifest): [string, number][] {
  const plural = pluralOf(kind);
  const [group, version] = apiVersion.split("/");
  const names = version === undefined ? [`count/${plural}`] : [`count/${plural}.${group}`];
  if (version === undefined && PLAIN.test(plural)) names.push(plural);
  if (kind === "Service") names.push(...exposedBy(spec as { type?: string }));
  const counted = names.map((name): [string, number] => [name, 1]);
  return kind === CLAIM ? [...counted, ...storedBy(spec as ClaimSpec)] : counted;
}

function pluralOf(kind: string): string {
  const name = kind.toLowerCase();
  if (/(?:s|x|ch)$/.test(name)) return `${name}es`;
  return /[^aeiou]y$/.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`;
}

function exposedBy(spec: { type?: string } = {}): string[] {
  if (spec.type === "LoadBalancer") return ["services.loadbalancers", "services.nodeports"];
  return spec.type === "NodePort" ? ["services.nodeports"] : [];
}

export type ClaimSpec = {
  storageClassName?: string;
  resources?: { requests?: { storage?: string | number } };
};

/** What a claim is charged for beside that it is one. */
export function storedBy({ storageClassName: name, resources }: ClaimSpec): [string, number][] {
  const size = quantity(resources?.requests?.storage ?? 0);
  const ofClass = `${name}.storageclass.storage.k8s.io`;
  const own: [string, number][] = [
    [`${ofClass}/requests.storage`, size],
    [`${ofClass}/persistentvolumeclaims`, 1],
  ];
  return [["requests.storage", size], ...(name ? own : [])];
}
