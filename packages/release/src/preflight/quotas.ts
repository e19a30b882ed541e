import { isMet, podNameOf } from "@playbook/rollout";
import { checkQuotas, limitsOf, type Quota, requestsOf, type Scope } from "./capacity.ts";
import { error, type Finding } from "./finding.ts";
import { filledIn, type LimitRange } from "./limits.ts";
import { containersOf, nameOf, type PodSpec, type StatefulSet } from "./manifest.ts";
import { quantity } from "./quantity.ts";

type Asked = {
  all: readonly StatefulSet[];
  live: ReadonlyMap<string, StatefulSet>;
  /** Names of the claims that are there; null where they are not known. */
  bound: ReadonlySet<string> | null;
};

/** Whether a quota leaves room for what the sets ask for that are its own. */
export function checkQuota(quota: Quota, { all, live, bound }: Asked): Finding[] {
  const before = all.flatMap(({ metadata }) => live.get(metadata.name) ?? []);
  if (quota.scopes.length === 0) return checkQuotas(moreThan(all, before, bound), [quota]);
  // One with scopes counts pods alone.
  const own = (sets: readonly StatefulSet[]) => sets.filter((set) => isIn(quota, podOf(set)));
  return checkQuotas(moreThan(own(all), own(before), null), [quota]);
}

/** The pods of a set, there or not. */
export function podsOf(set: StatefulSet) {
  const count = set.spec.replicas ?? 1;
  return Array.from({ length: count }, (_, at) => ({ set, pod: podNameOf(set, at) }));
}

function podOf({ spec }: StatefulSet): PodSpec {
  return spec.template.spec;
}

/** Whether a quota counts pods of a kind. */
function isIn({ scopes }: Quota, pod: PodSpec): boolean {
  return scopes.every((scope) => isInScope(scope, pod));
}

/** Pods of sets never end. Of what a class by default is called, nothing is known. */
function isInScope(scope: Scope, pod: PodSpec): boolean {
  const { priorityClassName: name } = pod;
  switch (scope.scopeName) {
    case "NotTerminating":
      return true;
    case "BestEffort":
      return isBestEffort(pod);
    case "NotBestEffort":
      return !isBestEffort(pod);
    case "PriorityClass":
      return name !== undefined && isMet({ ...scope, key: "name" }, { name });
    default:
      return false;
  }
}

function isBestEffort(pod: PodSpec): boolean {
  const amounts = { ...requestsOf(pod), ...limitsOf(pod) };
  return !["cpu", "memory"].some((name) => (amounts[name] ?? 0) > 0);
}

/** What every container has to say once a quota counts it, whatever it is used for otherwise. */
const SAID = /^(?:(?:requests\.|limits\.)?(?:cpu|memory))$/;

/**
 * Whether the containers say what quotas count: a pod of which one does not is not made, however much
 * is left. What a LimitRange fills in is said.
 */
export function checkSaid(
  sets: readonly StatefulSet[],
  quotas: readonly Quota[],
  ranges: readonly LimitRange[],
): Finding[] {
  return quotas.flatMap((quota) => {
    const counted = Object.keys(quota.hard).filter((name) => SAID.test(name));
    const silent = sets.flatMap((set) => {
      const pod = filledIn(podOf(set), ranges);
      const missing = isIn(quota, pod) ? missingIn(pod, counted) : [];
      return missing.length > 0 ? [{ set, missing }] : [];
    });
    const groups = Map.groupBy(silent, ({ missing }) => missing.join("; "));
    return [...groups].map(([missing, all]) =>
      unsaid(
        quota,
        missing,
        all.map(({ set }) => set),
      ),
    );
  });
}

/** Of each name the containers that do not say it. */
function missingIn(pod: PodSpec, counted: readonly string[]): string[] {
  return counted.flatMap((counts) => {
    const [name = "", kind = "requests"] = counts.split(".").reverse();
    const silent = containersOf(pod).filter(({ resources }) => {
      const { requests, limits } = (resources ?? {}) as Record<string, Record<string, unknown>>;
      const said = kind === "limits" ? limits : { ...limits, ...requests };
      return said?.[name] === undefined;
    });
    return silent.length > 0 ? [`${counts} of ${silent.map((one) => one.name).join(", ")}`] : [];
  });
}

function unsaid({ name }: Quota, missing: string, sets: readonly StatefulSet[]): Finding {
  const why =
    `It counts what containers of ${sets.map(nameOf).join(", ")} do not say: ${missing}. Kubernetes ` +
    "makes no such pod: one that is let go would not come back.";
  const next =
    "Say it for each container, also for those that run before the others, or let a LimitRange do so.";
  return error("quota-unsaid", `ResourceQuota ${name}`, why, next);
}

/** What all sets together ask for beyond those that are there, by the names that quotas have. */
function moreThan(
  sets: readonly StatefulSet[],
  before: readonly StatefulSet[],
  bound: ReadonlySet<string> | null,
): Record<string, number> {
  const [wanted, there] = [totalOf(sets), totalOf(before)];
  const more = Object.entries(wanted).map(([name, amount]) => [name, amount - (there[name] ?? 0)]);
  const claimed = bound ? claimedBy(sets, bound) : {};
  return { ...Object.fromEntries(more), ...claimed };
}

function totalOf(sets: readonly StatefulSet[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const { spec } of sets) {
    for (const [name, amount] of Object.entries(chargedFor(spec.template.spec))) {
      total[name] = (total[name] ?? 0) + (spec.replicas ?? 1) * amount;
    }
  }
  return { ...total, "count/statefulsets.apps": sets.length };
}

function chargedFor(spec: PodSpec): Record<string, number> {
  const limits = Object.entries(limitsOf(spec)).map(([name, amount]) => [`limits.${name}`, amount]);
  return { ...requestsOf(spec), ...Object.fromEntries(limits), pods: 1, "count/pods": 1 };
}

type ClaimSpec = {
  storageClassName?: string;
  resources?: { requests?: { storage?: string | number } };
};

export type FreshClaim = { name: string; className: string | undefined; size: number };

/** The claims of a set's pods that are not there yet. */
export function freshClaims(set: StatefulSet, bound: ReadonlySet<string>): FreshClaim[] {
  return podsOf(set).flatMap(({ pod }) =>
    (set.spec.volumeClaimTemplates ?? [])
      .filter(({ metadata }) => !bound.has(`${metadata.name}-${pod}`))
      .map(({ metadata: { name }, spec = {} }) => {
        const { storageClassName: className, resources } = spec as ClaimSpec;
        return { name, className, size: quantity(resources?.requests?.storage ?? 0) };
      }),
  );
}

/** What the claims are charged for that are not there yet. */
function claimedBy(
  sets: readonly StatefulSet[],
  bound: ReadonlySet<string>,
): Record<string, number> {
  const charged: Record<string, number> = {};
  for (const { className: name, size } of sets.flatMap((set) => freshClaims(set, bound))) {
    const ofClass = name
      ? { [`${name}.${OF_CLASS}/requests.storage`]: size, [`${name}.${OF_CLASS}/${CLAIMS}`]: 1 }
      : {};
    const all = { ...ONE_CLAIM, "requests.storage": size, ...ofClass };
    for (const [limited, amount] of Object.entries(all)) {
      charged[limited] = (charged[limited] ?? 0) + amount;
    }
  }
  return charged;
}

const CLAIMS = "persistentvolumeclaims";

const ONE_CLAIM = { [CLAIMS]: 1, [`count/${CLAIMS}`]: 1 };

const OF_CLASS = "storageclass.storage.k8s.io";
