import { error, type Finding, warning } from "../finding.ts";
import { nameOf, type PodSpec, type StatefulSet } from "../manifest.ts";
import { quantity, written } from "../quantity.ts";
import { barriersText, crowdingAt } from "./neighbours.ts";
import { barrierTo, type Node, type Placed } from "./place.ts";
import { checkReach, isInReach, type Volume } from "./volumes.ts";

export type Amounts = Readonly<Record<string, number>>;

/** A pod that this release makes anew, or in the place of one that is there. */
export type Wanted = {
  pod: string;
  set: StatefulSet;
  /** No validator's: it takes what those leave, and nothing is held up for it. */
  isBeside?: boolean;
  /** What it has on disks that are there already. */
  volumes?: readonly Volume[];
};

/** A quota of the namespace, as its status has it. */
export type Quota = {
  name: string;
  hard: Record<string, string>;
  used: Record<string, string>;
  /** Which pods it counts; all and everything else where there are none. */
  scopes: readonly Scope[];
};

export type Scope = { scopeName: string; operator: string; values?: string[] };

export type Asking = {
  resources?: {
    requests?: Record<string, string | number>;
    limits?: Record<string, string | number>;
  };
  restartPolicy?: string;
};

/** What a container asks for: where it has a limit and asks for nothing, as much as that. */
function askedBy({ resources }: Asking): Amounts {
  return amountsIn({ ...resources?.limits, ...resources?.requests });
}

export function amountsIn(quantities: Record<string, string | number>): Amounts {
  const entries = Object.entries(quantities).map(([name, value]) => [name, quantity(value)]);
  return Object.fromEntries(entries);
}

function sum(one: Amounts, other: Amounts): Amounts {
  return combined(one, other, (a, b) => a + b);
}

function combined(one: Amounts, other: Amounts, by: (a: number, b: number) => number): Amounts {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Object.fromEntries(names.map((name) => [name, by(one[name] ?? 0, other[name] ?? 0)]));
}

/**
 * What a pod asks for: its containers together, or one that runs before them if that asks for more.
 */
export function requestsOf(spec: PodSpec): Amounts {
  return totalOf(spec, askedBy);
}

/** What a pod is limited to, as far as it is. */
export function limitsOf(spec: PodSpec): Amounts {
  return totalOf(spec, ({ resources }) => amountsIn(resources?.limits ?? {}));
}

/** A container that is started before the others and goes on runs beside all that come after it. */
function totalOf({ containers, initContainers }: PodSpec, of: (one: Asking) => Amounts): Amounts {
  let beside: Amounts = {};
  let most: Amounts = {};
  for (const one of (initContainers ?? []) as Asking[]) {
    const needed = sum(beside, of(one));
    most = combined(most, needed, Math.max);
    if (one.restartPolicy === "Always") beside = needed;
  }
  const running = (containers as Asking[]).map(of).reduce(sum, beside);
  return combined(most, running, Math.max);
}

/**
 * Whether each pod of the release finds a node with as much free as it asks for. Pods are replaced
 * one at a time: what its predecessor had is free again. Those with the least choice choose first, and validators before
 * all others.
 */
export function checkNodes(
  wanted: readonly Wanted[],
  nodes: readonly Node[],
  placed: readonly Placed[],
): Finding[] {
  const taken = [...placed];
  const choosing = wanted
    .map((one) => ({ one, admitting: admittingOf(one, nodes) }))
    .sort((a, b) => turnOf(a.one) - turnOf(b.one) || a.admitting.length - b.admitting.length);
  return choosing.flatMap(({ one, admitting }) => {
    const found = placing(one, admitting, { nodes, taken });
    return one.isBeside ? found.map(ofOneBeside) : found;
  });
}

function turnOf({ isBeside = false }: Wanted): number {
  return Number(isBeside);
}

function ofOneBeside({ code, at, why, next }: Finding): Finding {
  const rest = "It is no validator's: the rollout goes on without it.";
  return warning(code, at, `${why} ${rest}`, next);
}

/** Takes a place for a pod, where there is one. */
function placing(
  { pod, set, volumes = [] }: Wanted,
  admitting: readonly Node[],
  { nodes, taken }: { nodes: readonly Node[]; taken: Placed[] },
): Finding[] {
  const { spec } = set.spec.template;
  const astray = checkReach({ pod, set, volumes }, nodes);
  if (astray.length > 0) return astray;
  const others = taken.filter((each) => each.isForeign || each.pod !== pod);
  const { labels } = set.spec.template.metadata ?? {};
  const fitting = admitting.filter((node) => crowdingAt(node, set, others, nodes) === null);
  const place = fitting.find((node) => lackOn(node, spec, others) === null);
  const at = `${nameOf(set)}, pod ${pod}`;
  if (fitting.length === 0) return [keptOff(at, barriersText(set, others, nodes))];
  if (!place) return [noRoom(at, spec, fitting, others)];
  const own = taken.findIndex((each) => !each.isForeign && each.pod === pod);
  taken.splice(own < 0 ? taken.length : own, own < 0 ? 0 : 1, {
    pod,
    node: place.name,
    spec,
    labels,
  });
  return [];
}

/** The nodes that let a pod in, and that its disks can be attached to. */
function admittingOf({ set, volumes = [] }: Wanted, nodes: readonly Node[]): Node[] {
  const { spec } = set.spec.template;
  return nodes.filter((node) => isInReach(volumes, node) && barrierTo(spec, node) === null);
}

function keptOff(at: string, barriers: string): Finding {
  const why = barriers ? `No node takes it. ${barriers}.` : "There is no node.";
  const next = "Add a node that takes it, or loosen what keeps it off.";
  return error("no-capacity", at, why, next);
}

function noRoom(
  at: string,
  spec: PodSpec,
  nodes: readonly Node[],
  others: readonly Placed[],
): Finding {
  const lacks = nodes.flatMap((node) => lackOn(node, spec, others) ?? []);
  const [best] = lacks.sort((a, b) => b.free / b.asked - a.free / a.asked);
  const most = best ? `: ${lackText(best)} at best` : "";
  const why = `None of the ${nodes.length} nodes that take it has enough free${most}.`;
  return error("no-capacity", at, why, "Add a node, or lower what the pod requests.");
}

function freeOn({ name, allocatable }: Node, placed: readonly Placed[]): Amounts {
  const here = placed.filter(({ node }) => node === name).map(({ spec }) => requestsOf(spec));
  return Object.fromEntries(
    Object.entries(allocatable).map(([resource, amount]) => {
      const used = here.reduce((sum, requests) => sum + (requests[resource] ?? 0), 0);
      return [resource, quantity(amount) - (resource === "pods" ? here.length : used)];
    }),
  );
}

type Lack = { resource: string; asked: number; free: number };

/** What of a node is missing the most; null when nothing is. */
function lackOn(node: Node, spec: PodSpec, others: readonly Placed[]): Lack | null {
  const there = freeOn(node, others);
  const lacks = Object.entries({ ...requestsOf(spec), pods: 1 })
    .map(([resource, asked]) => ({ resource, asked, free: there[resource] ?? 0 }))
    .filter(({ asked, free }) => asked > free);
  return lacks.sort((a, b) => a.free / a.asked - b.free / b.asked)[0] ?? null;
}

function lackText({ resource, asked, free }: Lack): string {
  return `${written(resource, asked)} asked, ${written(resource, free)} free`;
}

/** Whether the namespace's quotas leave room for what is more than before, by their own names. */
export function checkQuotas(more: Amounts, quotas: readonly Omit<Quota, "scopes">[]): Finding[] {
  return quotas.flatMap(({ name, hard, used }) =>
    Object.entries(hard).flatMap(([limited, limit]) => {
      const resource = limited.replace(/^(requests|limits)\./, "");
      const asked = more[limited] ?? more[limited.replace(/^requests\./, "")] ?? 0;
      const left = quantity(limit) - quantity(used[limited] ?? "0");
      if (asked <= 0 || asked <= left) return [];
      const why =
        `The release asks for ${written(resource, asked)} more, it ` +
        `leaves ${written(resource, left)}.`;
      return [
        error("quota-exceeded", `ResourceQuota ${name}`, why, "Raise the quota, or ask for less."),
      ];
    }),
  );
}
