import { claims } from "@playbook/backup";
import { pods } from "@playbook/kube";
import type { VolumeParts } from "./claim.ts";
import type { Goal } from "./nodes.ts";
import type { Rendered } from "./target.ts";

/** On a volume's claim: which block its node has caught up with, and which process that was. */
const CAUGHT_UP = "playbook/caught-up";

type Parts = Pick<VolumeParts, "kube" | "inputs">;

/**
 * How far a node is that has to catch up. `here` has the block's proof in its memory; `over` may
 * have the block on its volume, and would propose nothing when it starts again.
 */
export type Progress = "behind" | "over" | "here";

export async function progressOf(parts: Parts, set: Rendered, goal: Goal): Promise<Progress> {
  const { kube, inputs } = parts;
  const { namespace } = inputs;
  const claim = await kube.find({ resource: claims, name: set.claim.name, namespace });
  const mark = claim?.metadata.annotations?.[CAUGHT_UP];
  if (mark === undefined) return "behind";
  return mark === (await markOf(parts, set, goal)) ? "here" : "over";
}

/** Before a node starts that has to stay: one that was interrupted has to begin again. */
export function markBegun(parts: Parts, set: Rendered): Promise<void> {
  return mark(parts, set, "begun");
}

export async function markCaughtUp(parts: Parts, set: Rendered, goal: Goal): Promise<void> {
  return mark(parts, set, await markOf(parts, set, goal));
}

async function mark({ kube, inputs }: Parts, { claim }: Rendered, text: string): Promise<void> {
  const ref = { resource: claims, name: claim.name, namespace: inputs.namespace };
  await kube.merge(ref, { metadata: { annotations: { [CAUGHT_UP]: text } } });
}

async function markOf(parts: Parts, set: Rendered, { hash }: Goal): Promise<string> {
  return `${hash} ${await processOf(parts, set)}`;
}

/** Another one for each start of the set's container. */
async function processOf({ kube, inputs }: Parts, { name }: Rendered): Promise<string> {
  const { namespace } = inputs;
  const pod = await kube.find({ resource: pods, name: `${name}-0`, namespace });
  const restarts = pod?.status?.containerStatuses?.map(({ restartCount }) => restartCount) ?? [];
  return pod ? `${pod.metadata.uid}/${restarts.join("-")}` : "none";
}
