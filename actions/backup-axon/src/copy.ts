import type { Context } from "@playbook/action";
import {
  awaitMove,
  type Beginning,
  type Bucket,
  type Claim,
  type Contents,
  claims,
  clearMove,
  type Move,
  placeOf,
  readContents,
  removed,
  startMove,
} from "@playbook/backup";
import type { KubeClient } from "@playbook/kube";
import type { Inputs } from "./prepare.ts";
import { BACKUP } from "./snapshot.ts";
import type { Source } from "./source.ts";

const MIB = 1024 * 1024;

/** Of which release's node a volume is a copy. */
const COPY = "playbook/copy-of";

export type CopyParts = {
  kube: KubeClient;
  bucket: Bucket;
  source: Source;
  inputs: Inputs;
  context: Context;
};

/** Copies a snapshot off the cluster, part by part, and says what the pod has stored. */
export async function copy(
  parts: CopyParts,
  begun: Beginning,
  snapshot: string,
): Promise<Contents> {
  const { kube, bucket, inputs, context } = parts;
  const place = placeOf(begun.id);
  const done = await bucket.store.read(place.contents);
  if (!done) {
    const move = await moveOf(parts, begun);
    await claimFrom(parts, move, snapshot);
    await startMove(kube, move, context);
    const onLook = progressOf(bucket, place.parts, context);
    await awaitMove(kube, move, { deadlineMs: inputs.deadline, context, onLook });
  }
  const text = done ?? (await bucket.store.read(place.contents));
  return readContents(text ?? Buffer.alloc(0), `${bucket.store.location}/${place.contents}`);
}

/**
 * Takes away what copying needed, also what a run left that was killed after its manifest: nothing of
 * it is of use any more. The claim goes last, so that the rest is found by it.
 */
export async function clear({ kube, inputs, context }: CopyParts): Promise<void> {
  const { namespace, release } = inputs;
  const labels = `${COPY}=${release}`;
  for (const { metadata } of await kube.list(claims, { namespace, labels })) {
    const { name } = metadata;
    await clearMove(kube, { name, namespace }, context);
    await removed(kube, { resource: claims, name, namespace }, context);
  }
}

function nameFor(release: string, id: string): string {
  return `${release.slice(0, 24)}-copy-${id}`;
}

async function moveOf({ bucket, source, inputs }: CopyParts, begun: Beginning): Promise<Move> {
  const { namespace, release, partSize, podRole: role } = inputs;
  const { id } = begun;
  const there = await bucket.stored(placeOf(id).parts);
  return {
    name: nameFor(release, id),
    namespace,
    labels: { [BACKUP]: id, [COPY]: release, "app.kubernetes.io/name": "axon-backup" },
    does: "pack",
    backup: id,
    image: begun.source.image,
    claim: nameFor(release, id),
    parts: there.map(({ key }) => `${key.slice(id.length + 1)}\n`).join(""),
    partBytes: partSize * MIB,
    url: bucket.urlOf(id),
    region: bucket.region,
    role,
    account: `${release}-backup`,
    like: source.like,
  };
}

/** A volume with what the snapshot holds, for the pod to read. */
async function claimFrom(
  { kube, source, inputs }: CopyParts,
  { name, namespace, labels }: Move,
  snapshot: string,
): Promise<void> {
  const there = await kube.find({ resource: claims, name, namespace });
  if (there) return;
  const own: Claim = await kube.get({ resource: claims, name: source.claim, namespace });
  const { storageClassName, resources } = own.spec;
  const { apiVersion, kind } = claims;
  await kube.create(claims, {
    ...{ apiVersion, kind, metadata: { name, namespace, labels } },
    spec: {
      accessModes: ["ReadWriteOnce"],
      ...((inputs.storageClass ?? storageClassName) && {
        storageClassName: inputs.storageClass ?? storageClassName,
      }),
      resources: { requests: { storage: resources.requests.storage } },
      dataSource: { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: snapshot },
    },
  });
}

const PROGRESS_MS = 30_000;

function progressOf(bucket: Bucket, below: string, { clock, progress }: Context) {
  let told = clock.now();
  return async () => {
    if (clock.now() - told < PROGRESS_MS) return;
    told = clock.now();
    const there = await bucket.stored(below);
    const bytes = there.reduce((sum, { size }) => sum + size, 0);
    progress(`${there.length} parts are stored, ${(bytes / MIB / 1024).toFixed(2)} GiB.`);
  };
}
