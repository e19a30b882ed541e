import { ActionError, type Context } from "@playbook/action";
import { type KubeClient, until } from "@playbook/kube";
import { claims, type VolumeAttachment, volumeAttachments } from "./kinds.ts";

/** A volume that is given back writes what its file system still holds, and is then let go. */
const DETACHED_MS = 5 * 60_000;

/**
 * Waits until a claim's volume is on no node any more: what a snapshot takes before that lacks what
 * the file system has not written yet, the newest blocks. Drivers that attach nothing have nothing
 * to wait for. Throws `volume-attached`.
 */
export async function awaitDetached(
  kube: KubeClient,
  { name, namespace }: { name: string; namespace: string },
  context: Context,
): Promise<void> {
  const { volumeName } = (await kube.get({ resource: claims, name, namespace })).spec;
  const attachments = async () =>
    (await kube.list(volumeAttachments, {})).filter(
      ({ spec }) => spec.source.persistentVolumeName === volumeName,
    );
  let last: VolumeAttachment[] = [];
  await until(
    async () => {
      last = await attachments();
      return last;
    },
    (found) => found.length === 0,
    {
      what: `the volume of ${name} is on no node`,
      ...{ deadlineMs: DETACHED_MS, pauseMs: 500, context },
    },
  ).catch((error) => {
    const isLate = error instanceof ActionError && error.code === "not-in-time";
    throw isLate ? attached(name, last) : error;
  });
}

function attached(name: string, attachments: readonly VolumeAttachment[]): ActionError {
  const where = attachments.map(({ metadata, spec }) => `${metadata.name} to ${spec.nodeName}`);
  return new ActionError("volume-attached", {
    what: `The volume of ${name} is still on a node, though its pod is gone.`,
    why: `VolumeAttachment ${where.join(", ")} is there: a snapshot could lack the newest blocks.`,
    next: "See what the CSI driver says of it, and run this again: nodes run as before.",
  });
}
