import { ActionError } from "@playbook/action";
import { claims, storageClasses } from "@playbook/backup";
import type { KubeClient } from "@playbook/kube";
import { DRILL } from "./claim.ts";
import type { Inputs, Prepared } from "./prepare.ts";

/** Nothing of a drill may hold a key, reach the live chain or outlast it. */
export const SCRATCH = {
  keys: { source: "secret" },
  network: { bootstraps: [], policy: { enabled: true, peers: [] } },
  rpc: { enabled: false },
  syncNode: { podAnnotations: DRILL },
  validator: { podAnnotations: DRILL },
  metrics: { serviceMonitor: { enabled: false } },
  priority: { create: false },
};

/**
 * Each drill would leave a disk behind, which nobody claims and which costs. Throws
 * `drill-retains`.
 */
export async function checkForgotten(kube: KubeClient, name: string): Promise<void> {
  const { reclaimPolicy } = await kube.get({ resource: storageClasses, name });
  if (reclaimPolicy !== "Retain") return;
  throw new ActionError("drill-retains", {
    what: `StorageClass ${name} retains its volumes.`,
    why: "Each drill would leave a disk of the chain's size behind.",
    next: "Give `storage-class` one with reclaim policy Delete.",
  });
}

/**
 * That what is in the namespace is a drill's: it is taken away before anything begins. Throws
 * `drill-in-use`.
 */
export async function checkScratch(
  { target, kube, sync }: Prepared,
  inputs: Inputs,
): Promise<void> {
  const { namespace, release } = inputs;
  const sets = await target.there();
  const areDrills = sets.every(({ spec }) => hasMark(spec.template.metadata?.annotations));
  const claim = await kube.find({ resource: claims, name: sync.claim.name, namespace });
  const there = [
    ...(areDrills ? [] : sets.map(({ metadata }) => `StatefulSet ${metadata.name}`)),
    ...(claim && !hasMark(claim.metadata.labels) ? [`claim ${sync.claim.name}`] : []),
  ];
  if (there.length === 0) return;
  throw new ActionError("drill-in-use", {
    what: `Release ${release} in namespace ${namespace} is no drill's.`,
    why: `A drill takes away what is there before it begins: that would be ${there.join(", ")}.`,
    next: "Give `namespace` one that is there for drills and for nothing else.",
  });
}

function hasMark(marks: Record<string, string> | undefined): boolean {
  return Object.entries(DRILL).every(([name, value]) => marks?.[name] === value);
}
