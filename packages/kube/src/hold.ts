import { ActionError } from "@playbook/action";
import type { KubeClient } from "./client.ts";
import { type StatefulSet, statefulSets } from "./objects.ts";

/** A StatefulSet as a chart renders it, as far as it matters who holds its pods. */
export type Rendered = {
  name: string;
  replicas: number;
  /** `spec.updateStrategy.rollingUpdate.partition`; undefined when the chart does not render it. */
  partition?: number | undefined;
  /** `spec.updateStrategy.type`. */
  strategy?: string | undefined;
};

/**
 * The partition that holds every pod of a set while Helm changes its template, such that Helm does
 * neither undo it nor stumble over it: what the chart renders, and the number of replicas if it
 * renders none. Throws `hold-undone` when what it renders lets pods go.
 *
 * Why: see the README's table of what Helm does to this field.
 */
export function holdFor({ name, replicas, partition, strategy }: Rendered): number {
  if (strategy === "OnDelete") throw onDelete(name);
  if (partition === undefined) return Math.max(1, replicas);
  if (partition >= replicas && partition > 0) return partition;
  throw new ActionError("hold-undone", {
    what:
      `The chart renders partition ${partition} for ` +
      `StatefulSet ${name} of ${replicas} replicas.`,
    why: "Helm would set it: every pod from that number on is replaced at once, held or not.",
    next: `Render none, or ${replicas} and more, by the chart's values.`,
  });
}

function onDelete(name: string): ActionError {
  return new ActionError("hold-undone", {
    what: `The chart renders updateStrategy OnDelete for StatefulSet ${name}.`,
    why: "No partition holds or lets go the pods of such a set.",
    next: "Render RollingUpdate by the chart's values.",
  });
}

/** Who the partition belongs to while a rollout is under way, in `managedFields`. */
const HOLDER = "playbook-rollout";

type Held = Pick<StatefulSet, "metadata"> & {
  spec?: Pick<StatefulSet["spec"], "updateStrategy">;
};

/**
 * Sets a set's partition as a field of our own, by server-side apply: Helm's own way of taking its
 * old fields over leaves what somebody else owns. Every pod from this number on is replaced by one
 * of the newest template; those below stay as they are, also when they die.
 *
 * Over this object alone, and over this version of it when it is given. A set that is OnDelete is
 * not from then on: a partition is for the other strategy alone.
 */
export function setPartition(
  client: KubeClient,
  { metadata, spec }: Held,
  partition: number,
  { onlyVersion = false } = {},
): Promise<StatefulSet> {
  const { name, namespace = "default", uid, resourceVersion } = metadata;
  return client.apply(
    { resource: statefulSets, name, namespace },
    {
      metadata: { uid, ...(onlyVersion && { resourceVersion }) },
      spec: { updateStrategy: { ...typeFor(spec), rollingUpdate: { partition } } },
    },
    { manager: HOLDER, force: true },
  );
}

function typeFor(spec: Held["spec"]): { type?: "RollingUpdate" } {
  return spec?.updateStrategy?.type === "OnDelete" ? { type: "RollingUpdate" } : {};
}

/** Holds every pod, and sees that it is held. */
export async function hold(
  client: KubeClient,
  set: StatefulSet,
  rendered: Rendered,
): Promise<void> {
  const partition = Math.max(
    holdFor(rendered),
    holdFor({ ...rendered, replicas: replicasOf(set) }),
  );
  const held = await setPartition(client, set, partition);
  if (partitionOf(held) === partition) return;
  throw new ActionError("hold-undone", {
    what: `StatefulSet ${set.metadata.name} has partition ${partitionOf(held)}, not ${partition}.`,
    why: "Something changes it as it is written: an admission webhook, or an operator.",
    next: "Except this set from that, and run this again.",
  });
}

export function partitionOf({ spec }: StatefulSet): number {
  return spec.updateStrategy?.rollingUpdate?.partition ?? 0;
}

export function replicasOf({ spec }: StatefulSet): number {
  return spec.replicas ?? 1;
}
