import { isMet, podNameOf } from "@playbook/rollout";
import { error, type Finding, warning } from "../finding.ts";
import type { Hooks } from "../hooks.ts";
import {
  containersOf,
  type Manifest,
  nameOf,
  type PodSpec,
  type StatefulSet,
} from "../manifest.ts";
import { quantity } from "../quantity.ts";
import { mostBy, type Scaler, scales } from "../sets/scaling.ts";
import {
  type Amounts,
  checkQuotas,
  limitsOf,
  type Quota,
  requestsOf,
  type Scope,
} from "./capacity.ts";
import { filledIn, type LimitRange } from "./limits.ts";
import {
  type ClaimSpec,
  keepersIn,
  keyOf,
  newObjects,
  type Others,
  storedBy,
  surgeOf,
} from "./made-anew.ts";

export type Asked = {
  all: readonly StatefulSet[];
  live: ReadonlyMap<string, StatefulSet>;
  /** Names of the claims that are there; null where they are not known. */
  bound: ReadonlySet<string> | null;
  /** What there is beside sets; undefined where it is not known what is there of it. */
  others?: Others | undefined;
  scalers?: readonly Scaler[];
  /** How many pods something else than a set has now. */
  running?: (keeper: StatefulSet) => number;
  hooks?: Hooks;
  /** What a rollout makes that the chart does not render, by the names that quotas have. */
  passing?: Amounts;
};

/**
 * Whether a quota leaves room for what the release asks for that is its own, and for what that may
 * become.
 */
export function checkQuota(quota: Quota, asked: Asked): Finding[] {
  const { before, after } = asked.hooks ?? { before: [], after: [] };
  const settled = moreFor(quota, standing(asked));
  const most = highest([largestOf(quota, before), plus(settled, largestOf(quota, after))]);
  const found = checkQuotas(most, [quota]);
  if (found.length > 0) return found;
  return checkQuotas(moreFor(quota, grown(asked)), [quota]).map((one) => tight(one));
}

function tight({ at, why }: Finding): Finding {
  const what =
    `${why} That is with autoscalers at their most and Deployments between two versions: ` +
    "a pod more of those may take the place of a validator's that is replaced, and its " +
    "vote is missing until there is room.";
  const next =
    "Raise the quota, lower maxReplicas, or count validators apart, by a " +
    "scopeSelector of their priority class.";
  return warning("quota-tight", at, what, next);
}

/** Helm runs one hook after the other. */
function largestOf(quota: Quota, hooks: readonly StatefulSet[]): Amounts {
  return highest(hooks.filter((one) => isIn(quota, podOf(one))).map((one) => podsTotal([one])));
}

function highest(all: readonly Amounts[]): Amounts {
  const names = new Set(all.flatMap((one) => Object.keys(one)));
  return Object.fromEntries(
    [...names].map((name) => [name, Math.max(...all.map((one) => one[name] ?? 0))]),
  );
}

function moreFor(quota: Quota, asked: Asked): Amounts {
  const { all, live, bound, others = NOTHING, passing = {} } = asked;
  const before = all.flatMap(({ metadata }) => live.get(metadata.name) ?? []);
  const isOfAll = quota.scopes.length === 0;
  // One with scopes counts pods alone.
  const own = (sets: readonly StatefulSet[]) =>
    isOfAll ? sets : sets.filter((set) => isIn(quota, podOf(set)));
  const last = new Map(keepersIn(others.current).map((one) => [keyOf(one), one]));
  const kept = own(keepersIn(others.rendered)).map((one) => {
    const there = last.get(keyOf(one));
    return aboveZero(minus(podsTotal([one]), podsTotal(there ? own([there]) : [])));
  });
  const pods = [minus(podsTotal(own(all)), podsTotal(own(before))), ...kept].reduce(plus, {});
  if (!isOfAll) return pods;
  const objects = [
    { "count/statefulsets.apps": all.length - before.length },
    bound ? claimedBy(all, bound) : {},
    newObjects(others, bound ?? new Set()),
    passing,
  ];
  return objects.reduce<Amounts>(plus, pods);
}

const NOTHING: Others = { rendered: [], current: [] };

/** As many pods as there are where the release does not say how many: an autoscaler decides. */
function standing(asked: Asked): Asked {
  const all = asked.all.map((set) => {
    const { minReplicas } = asked.scalers?.find((one) => scales(one, set))?.spec ?? {};
    const there = asked.live.get(set.metadata.name)?.spec.replicas;
    return withReplicas(set, set.spec.replicas ?? there ?? minReplicas ?? 1);
  });
  return { ...asked, all };
}

/** As many pods as autoscalers may make, and Deployments have while they are changed. */
function grown(asked: Asked): Asked {
  const { scalers = [], others = NOTHING, running = () => 1 } = asked;
  const mostOf = (one: Manifest) => scalers.filter((each) => scales(each, one)).map(mostBy)[0];
  const last = new Map(keepersIn(others.current).map((one) => [keyOf(one), one]));
  const current = others.current.map((one) => {
    const [keeper] = mostOf(one) === undefined ? [] : keepersIn([one]);
    return keeper ? withReplicas(keeper, running(keeper)) : one;
  });
  const rendered = others.rendered.map((one) => {
    const [keeper] = keepersIn([one]);
    if (!keeper) return one;
    const most = withReplicas(keeper, mostOf(keeper) ?? keeper.spec.replicas ?? 1);
    const before = last.get(keyOf(one));
    const more = before ? surgeOf(most, before) : 0;
    return withReplicas(most, (most.spec.replicas ?? 1) + more);
  });
  const all = standing(asked).all.map((set) => withReplicas(set, mostOf(set) ?? set.spec.replicas));
  return { ...asked, all, others: { current, rendered } };
}

function withReplicas(set: StatefulSet, replicas: number | undefined): StatefulSet {
  return replicas === undefined ? set : { ...set, spec: { ...set.spec, replicas } };
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

/** Of what a class by default is called, nothing is known. */
function isInScope(scope: Scope, pod: PodSpec): boolean {
  const { priorityClassName: name } = pod;
  switch (scope.scopeName) {
    case "NotTerminating":
      return pod.activeDeadlineSeconds === undefined;
    case "Terminating":
      return pod.activeDeadlineSeconds !== undefined;
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
 * Whether the containers say what quotas count: a pod of which one does not is not made, however
 * much is left. What a LimitRange fills in is said.
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
    `It counts what containers of ${sets.map(nameOf).join(", ")} do not say: ${missing}. ` +
    "Kubernetes makes no such pod: one that is let go would not come back.";
  const next =
    "Say it for each container, also for those that run before " +
    "the others, or let a LimitRange do so.";
  return error("quota-unsaid", `ResourceQuota ${name}`, why, next);
}

/** What the pods of all together ask for, by the names that quotas have. */
function podsTotal(sets: readonly StatefulSet[]): Amounts {
  return sets
    .map(({ spec }) => times(chargedFor(spec.template.spec), spec.replicas ?? 1))
    .reduce(plus, {});
}

function times(amounts: Amounts, count: number): Amounts {
  return Object.fromEntries(Object.entries(amounts).map(([name, one]) => [name, count * one]));
}

function plus(one: Amounts, other: Amounts): Amounts {
  const added = Object.entries(other).map(([name, more]) => [name, (one[name] ?? 0) + more]);
  return { ...one, ...Object.fromEntries(added) };
}

function minus(one: Amounts, other: Amounts): Amounts {
  return plus(one, times(other, -1));
}

function aboveZero(amounts: Amounts): Amounts {
  return Object.fromEntries(Object.entries(amounts).map(([name, one]) => [name, Math.max(0, one)]));
}

function chargedFor(spec: PodSpec): Record<string, number> {
  const limits = Object.entries(limitsOf(spec)).map(([name, amount]) => [`limits.${name}`, amount]);
  return { ...requestsOf(spec), ...Object.fromEntries(limits), pods: 1, "count/pods": 1 };
}

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
function claimedBy(sets: readonly StatefulSet[], bound: ReadonlySet<string>): Amounts {
  return sets
    .flatMap((set) => freshClaims(set, bound))
    .map(({ className, size }) => {
      const resources = { requests: { storage: size } };
      const spec = { ...(className && { storageClassName: className }), resources };
      return { ...ONE_CLAIM, ...Object.fromEntries(storedBy(spec)) };
    })
    .reduce<Amounts>(plus, {});
}

const CLAIMS = "persistentvolumeclaims";

const ONE_CLAIM = { [CLAIMS]: 1, [`count/${CLAIMS}`]: 1 };
