import { error, type Finding } from "./finding.ts";
import { nameOf, type PodSpec, type StatefulSet } from "./manifest.ts";
import { barrierTo, type Node, type Placed, repels } from "./place.ts";
import { quantity, written } from "./quantity.ts";
import { checkReach, isInReach, type Volume } from "./volumes.ts";

type Amounts = Readonly<Record<string, number>>;

/** A pod that this release makes anew, or in the place of one that is there. */
export type Wanted = {
  pod: string;
  set: StatefulSet;
  /** What it has on disks that are there already. */
  volumes?: readonly Volume[];
};

/** A quota of the namespace, as its status has it. */
export type Quota = { name: string; hard: Record<string, string>; used: Record<string, string> };

/** What a pod asks for: its containers together, or one that runs before them if that asks for more. */
export function requestsOf({ containers, initContainers = [] }: PodSpec): Amounts {
  const amounts: Record<string, number> = {};
  for (const { resources } of containers) {
    for (const [name, value] of Object.entries(resources?.requests ?? {})) {
      amounts[name] = (amounts[name] ?? 0) + quantity(value);
    }
  }
  for (const { resources } of initContainers) {
    for (const [name, value] of Object.entries(resources?.requests ?? {})) {
      amounts[name] = Math.max(amounts[name] ?? 0, quantity(value));
    }
  }
  return amounts;
}

/**
 * Whether each pod of the release finds a node with as much free as it asks for. Pods are replaced
 * one at a time: what its predecessor had is free again.
 */
export function checkNodes(
  wanted: readonly Wanted[],
  nodes: readonly Node[],
  placed: readonly Placed[],
): Finding[] {
  const taken = [...placed];
  return wanted.flatMap(({ pod, set, volumes = [] }) => {
    const { spec } = set.spec.template;
    const astray = checkReach({ pod, set, volumes }, nodes);
    if (astray.length > 0) return astray;
    const reached = nodes.filter((node) => isInReach(volumes, node));
    const others = taken.filter((each) => each.isForeign || each.pod !== pod);
    const { labels } = set.spec.template.metadata ?? {};
    const admitting = reached.filter((node) => barrierTo(spec, node) === null);
    const fitting = admitting.filter((node) => !repels(spec, node, others));
    const place = fitting.find((node) => lacks(requestsOf(spec), freeOn(node, others)) === null);
    if (!place) return [noPlace(set, pod, spec, fitting, others)];
    const own = taken.findIndex((each) => !each.isForeign && each.pod === pod);
    taken.splice(own < 0 ? taken.length : own, own < 0 ? 0 : 1, {
      pod,
      node: place.name,
      spec,
      labels,
    });
    return [];
  });
}

function noPlace(
  set: StatefulSet,
  pod: string,
  spec: PodSpec,
  nodes: readonly Node[],
  others: readonly Placed[],
): Finding {
  const lacking = nodes.map((node) => lacks(requestsOf(spec), freeOn(node, others)));
  const why =
    nodes.length === 0
      ? "No node takes it: by labels, taints, or since others are there with which it may not be."
      : `None of the ${nodes.length} nodes that take it has enough free: ${lacking[0]} at best.`;
  const next = "Add a node, or lower what the pod requests.";
  return error("no-capacity", `${nameOf(set)}, pod ${pod}`, why, next);
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

/** What is missing first, for a person; null when nothing is. */
function lacks(requests: Amounts, free: Amounts): string | null {
  const all = { ...requests, pods: 1 };
  for (const [resource, amount] of Object.entries(all)) {
    const there = free[resource] ?? 0;
    if (amount > there)
      return `${written(resource, amount)} asked, ${written(resource, there)} free`;
  }
  return null;
}

/** Whether the namespace's quotas leave room for what is more than before. */
export function checkQuotas(more: Amounts, quotas: readonly Quota[]): Finding[] {
  return quotas.flatMap(({ name, hard, used }) =>
    Object.entries(hard).flatMap(([limited, limit]) => {
      const resource = limited.replace(/^requests\./, "");
      const asked = more[resource] ?? 0;
      const left = quantity(limit) - quantity(used[limited] ?? "0");
      if (asked <= 0 || asked <= left) return [];
      const why = `The release asks for ${written(resource, asked)} more, it leaves ${written(resource, left)}.`;
      return [
        error("quota-exceeded", `ResourceQuota ${name}`, why, "Raise the quota, or ask for less."),
      ];
    }),
  );
}
