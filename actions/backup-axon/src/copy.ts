import { ActionError, type Context, count } from "@playbook/action";
import {
  awaitMove,
  type Beginning,
  type Bucket,
  type Claim,
  type Contents,
  claims,
  clearMove,
  lacksIn,
  type Move,
  placeOf,
  readContents,
  removed,
  startMove,
} from "@playbook/backup";
import { type KubeClient, quantity } from "@playbook/kube";
import type { Inputs } from "./prepare.ts";
import { BACKUP } from "./snapshot.ts";
import type { Source } from "./source.ts";

const MIB = 1024 * 1024;

/** A restore's pod has the list of all parts in one ConfigMap, which holds 6,900 of them. */
const PARTS = 5_000;

/** How many of the parts that are missing are named. */
const SHOWN = 5;

/** Of which release's node a volume is a copy. */
const COPY = "playbook/copy-of";

export type CopyParts = {
  kube: KubeClient;
  bucket: Bucket;
  source: Source;
  inputs: Inputs;
  context: Context;
};

/**
 * Copies a snapshot off the cluster, part by part, and says what the pod has stored. Parts that are
 * gone since are copied once more. Throws `parts-missing` when the bucket does not hold all of
 * them.
 */
export async function copy(
  parts: CopyParts,
  begun: Beginning,
  snapshot: string,
): Promise<Contents> {
  const { bucket, context } = parts;
  const { id } = begun;
  const before = await seen(bucket, id);
  if (before.contents && before.lacks.length === 0) return before.contents;
  if (before.contents) {
    context.warn(`Parts of ${id} are copied once more. ${someOf(before.lacks)}`);
    await clear(parts);
  }
  await carry(parts, begun, snapshot);
  const { contents, lacks } = await seen(bucket, id);
  if (!contents || lacks.length > 0) throw partsMissing(id, lacks, snapshot);
  return contents;
}

type Seen = { contents: Contents | null; lacks: string[] };

/** What the pod has written when all parts were there, and what of that is not there now. */
async function seen(bucket: Bucket, id: string): Promise<Seen> {
  const place = placeOf(id);
  const text = await bucket.store.read(place.contents);
  if (!text) return { contents: null, lacks: [`${place.contents} is not there.`] };
  const contents = readContents(text, `${bucket.store.location}/${place.contents}`);
  return { contents, lacks: lacksIn(id, contents.parts, await bucket.stored(place.parts)) };
}

async function carry(parts: CopyParts, begun: Beginning, snapshot: string): Promise<void> {
  const { kube, bucket, source, inputs, context } = parts;
  const { namespace } = inputs;
  const own = await kube.get({ resource: claims, name: source.claim, namespace });
  const move = await moveOf(parts, begun, own);
  await claimFrom(parts, move, { own, snapshot });
  await startMove(kube, move, context);
  const onLook = progressOf(bucket, placeOf(begun.id).parts, context);
  await awaitMove(kube, move, { deadlineMs: inputs.deadline, context, onLook });
}

/**
 * Takes away what copying needed, also what a run left that was killed after its manifest: nothing
 * of it is of use any more. The claim goes last, so that the rest is found by it.
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

/** A larger part than was asked for, where the volume could make too many of them. */
export function partBytesFor(
  { spec, status }: Pick<Claim, "spec" | "status">,
  mib: number,
): number {
  const storage = status?.capacity?.storage ?? spec.resources.requests.storage;
  return Math.max(mib * MIB, Math.ceil(quantity(storage) / PARTS));
}

async function moveOf(
  { bucket, source, inputs }: CopyParts,
  begun: Beginning,
  own: Claim,
): Promise<Move> {
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
    partBytes: partBytesFor(own, partSize),
    url: bucket.urlOf(id),
    region: bucket.region,
    role,
    account: `${release}-backup`,
    like: source.like,
  };
}

/** A volume with what the snapshot holds, for the pod to read. */
async function claimFrom(
  { kube, inputs }: CopyParts,
  { name, namespace, labels }: Move,
  { own, snapshot }: { own: Claim; snapshot: string },
): Promise<void> {
  const there = await kube.find({ resource: claims, name, namespace });
  if (there) return;
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
    progress(`${count(there.length, "part")} stored, ${(bytes / MIB / 1024).toFixed(2)} GiB.`);
  };
}

function someOf(lacks: readonly string[]): string {
  const rest = lacks.length - SHOWN;
  return [...lacks.slice(0, SHOWN), ...(rest > 0 ? [`And ${rest} more.`] : [])].join(" ");
}

function partsMissing(id: string, lacks: readonly string[], snapshot: string): ActionError {
  return new ActionError("parts-missing", {
    what: `Backup ${id} is not whole, and gets no manifest.`,
    why: someOf(lacks),
    next:
      "See who deletes or changes objects of the bucket, and run this again. To begin anew, " +
      `delete VolumeSnapshot ${snapshot} before.`,
  });
}
