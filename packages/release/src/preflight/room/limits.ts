import { error, type Finding, warning } from "../finding.ts";
import type { PodSpec, StatefulSet } from "../manifest.ts";
import { quantity, written } from "../quantity.ts";
import { type Amounts, type Asking, amountsIn, limitsOf, requestsOf } from "./capacity.ts";

type Quantities = Record<string, string | number>;

/** A part of a LimitRange, with what the API server has filled in. */
export type Limits = {
  type: string;
  min?: Quantities;
  max?: Quantities;
  default?: Quantities;
  defaultRequest?: Quantities;
  maxLimitRequestRatio?: Quantities;
};

export type LimitRange = { name: string; limits: readonly Limits[] };

type Container = Asking & { name: string };

/** What a LimitRange bounds: a container, a pod or a claim. */
type Bounded = { who: string; requests: Amounts; limits: Amounts };

/** What is said of one set; of sets that are alike it is said once. */
type Fault = { level: Finding["level"]; range: string; who: string; text: string };

/** A set that pods are made of, and its claims that are yet to be made. */
export type Limited = { set: StatefulSet; claims: readonly { name: string; size: number }[] };

/**
 * Whether the namespace's LimitRanges let the pods and claims of the release in, and what they
 * limit that nobody else does.
 */
export function checkLimits(all: readonly Limited[], ranges: readonly LimitRange[]): Finding[] {
  const found = new Map<string, { fault: Fault; sets: string[] }>();
  for (const { set, claims } of all) {
    for (const fault of faultsOf(set.spec.template.spec, claims, ranges)) {
      const key = JSON.stringify(fault);
      const { sets } = found.get(key) ?? { sets: [] };
      found.set(key, { fault, sets: [...new Set([...sets, set.metadata.name])] });
    }
  }
  return [...found.values()].map(({ fault, sets }) => findingOf(fault, sets));
}

function findingOf({ level, range, who, text }: Fault, sets: readonly string[]): Finding {
  const at = `LimitRange ${range}`;
  const why = `${who} of StatefulSet ${sets.join(", ")} ${text}`;
  return level === "error"
    ? error("out-of-limits", at, why, "Change the LimitRange, or what the values ask for.")
    : warning("limited-by-default", at, why, "Give it a limit of its own, if that is too little.");
}

function faultsOf(
  spec: PodSpec,
  claims: Limited["claims"],
  ranges: readonly LimitRange[],
): Fault[] {
  const filled = filledIn(spec, ranges);
  const containers = containersOf(filled).map(bounded);
  const pod = { who: "A pod", requests: requestsOf(filled), limits: limitsOf(filled) };
  const stored = claims.map(({ name, size }) => ({
    ...{ who: `Claim ${name}`, requests: { storage: size }, limits: {} },
  }));
  const kinds = new Map([
    ["Container", containers],
    ["Pod", [pod]],
    ["PersistentVolumeClaim", stored],
  ]);
  return ranges.flatMap((range) => [
    ...defaultsOf(spec, range, containers),
    ...range.limits.flatMap((limits) =>
      (kinds.get(limits.type) ?? []).flatMap((one) =>
        outside(one, limits).map((text) => fault("error", range, one.who, text)),
      ),
    ),
  ]);
}

function fault(level: Fault["level"], { name }: LimitRange, who: string, text: string): Fault {
  return { level, range: name, who, text };
}

function containersOf({ containers, initContainers = [] }: PodSpec): Container[] {
  return [...initContainers, ...containers] as Container[];
}

function bounded({ name, resources }: Container): Bounded {
  const { requests = {}, limits = {} } = resources ?? {};
  return { who: `Container ${name}`, requests: amountsIn(requests), limits: amountsIn(limits) };
}

/** A pod as it is admitted: what a container does not say itself, the first LimitRange says. */
export function filledIn(spec: PodSpec, ranges: readonly LimitRange[]): PodSpec {
  const parts = ranges.flatMap(({ limits }) => limits.filter(({ type }) => type === "Container"));
  const limits = Object.assign({}, ...parts.map((part) => part.default).reverse());
  const requests = Object.assign({}, ...parts.map((part) => part.defaultRequest).reverse());
  const fill = <One extends Asking>(one: One): One => ({
    ...one,
    resources: {
      limits: { ...limits, ...one.resources?.limits },
      // Where it has a limit of its own and asks for nothing, it asks for as much as that.
      requests: { ...requests, ...one.resources?.limits, ...one.resources?.requests },
    },
  });
  const { containers, initContainers = [] } = spec;
  return {
    ...spec,
    containers: containers.map(fill),
    initContainers: initContainers.map(fill),
  };
}

/**
 * Limits that containers have by a LimitRange alone. What is more than its maximum is told as that.
 */
function defaultsOf(spec: PodSpec, range: LimitRange, filled: readonly Bounded[]): Fault[] {
  const parts = range.limits.filter(({ type }) => type === "Container");
  return containersOf(spec).flatMap(({ resources }, at) => {
    const { who = "", requests = {} } = filled[at] ?? {};
    return parts.flatMap(({ default: limits = {}, max = {} }) =>
      Object.entries(limits).flatMap(([name, limit]) => {
        const asked = requests[name] ?? 0;
        const isOver = asked > quantity(max[name] ?? Number.POSITIVE_INFINITY);
        if (resources?.limits?.[name] !== undefined || isOver) return [];
        const given = written(name, quantity(limit));
        return asked > quantity(limit)
          ? fault(
              "error",
              range,
              who,
              `asks for ${written(name, asked)}, and is limited to ${given}.`,
            )
          : fault("warning", range, who, `has no limit of ${name}, and is limited to ${given}.`);
      }),
    );
  });
}

/** What of it is outside of the bounds, as the API server compares it. */
function outside({ requests, limits }: Bounded, bounds: Limits): string[] {
  const { type, min = {}, max = {}, maxLimitRequestRatio: ratios = {} } = bounds;
  const isClaim = type === "PersistentVolumeClaim";
  const tooLittle = Object.entries(min).flatMap(([name, least]) => {
    const smallest = Math.min(requests[name] ?? 0, limits[name] ?? Number.POSITIVE_INFINITY);
    if (name in requests && smallest >= quantity(least)) return [];
    return `has ${written(name, smallest)}; ${written(name, quantity(least))} are the least.`;
  });
  const tooMuch = Object.entries(max).flatMap(([name, most]) => {
    const largest = Math.max(requests[name] ?? 0, limits[name] ?? 0);
    const at = `${written(name, quantity(most))} are the most`;
    if (!isClaim && !(name in limits)) return `has no limit of ${name}; ${at}.`;
    return largest > quantity(most) ? `has ${written(name, largest)}; ${at}.` : [];
  });
  const tooFar = Object.entries(ratios).flatMap(([name, most]) => {
    const ratio = (limits[name] ?? 0) / (requests[name] ?? 0);
    if (ratio > 0 && ratio <= quantity(most)) return [];
    return `has to have a limit of ${name} that is at most ${most} times what it asks for.`;
  });
  return [...tooLittle, ...tooMuch, ...tooFar];
}
