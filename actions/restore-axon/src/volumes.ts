import { ActionError, type Context } from "@playbook/action";
import {
  awaitMove,
  type Bucket,
  type Claim,
  claims,
  clearMove,
  type Like,
  type Manifest,
  type Move,
  type Placed,
  removed,
  startMove,
} from "@playbook/backup";
import { type KubeClient, quantity } from "@playbook/kube";
import { importSnapshot, sourceOf } from "./imported.ts";
import type { Inputs } from "./prepare.ts";
import type { Rendered } from "./target.ts";

/** Of which backup a volume is to be, and is once it is filled. */
const BACKUP = "playbook/backup";
const FILLED = "playbook/restored";

/** On a pod that fills a volume: for which kind of node. */
const FILLS = "playbook/fills";

export type VolumeParts = {
  kube: KubeClient;
  bucket: Bucket;
  manifest: Manifest;
  inputs: Inputs;
  context: Context;
};

/** Which backup a run before has begun to restore into these volumes; undefined when there is none. */
export async function begunWith(
  kube: KubeClient,
  namespace: string,
  sets: readonly Rendered[],
): Promise<string | undefined> {
  const found = await Promise.all(
    sets.map(({ claim: { name } }) => kube.find({ resource: claims, name, namespace })),
  );
  const begun = new Set(found.flatMap((each) => each?.metadata.labels?.[BACKUP] ?? []));
  return begun.size === 1 ? [...begun][0] : undefined;
}

/** Fills the volumes of all sets, each by a pod of its own, side by side. Throws what `checkClaim` does. */
export async function fillVolumes(parts: VolumeParts, sets: readonly Rendered[]): Promise<void> {
  const { kube, manifest, inputs, context } = parts;
  for (const set of sets) await checkClaim(parts, set);
  const least =
    inputs.from === "snapshot" ? await importSnapshot(kube, manifest, inputs, context) : undefined;
  const moves: Move[] = [];
  for (const set of sets) {
    const move = moveOf(parts, set);
    if (await begin(parts, atLeast(set, least), move)) moves.push(move);
  }
  context.progress(`${moves.length} volumes are to be filled with ${manifest.id}.`);
  for (const move of moves) {
    await awaitMove(kube, move, { deadlineMs: inputs.deadline, context });
    const ref = { resource: claims, name: move.claim, namespace: inputs.namespace };
    await kube.merge(ref, { metadata: { annotations: { [FILLED]: manifest.id } } });
    context.progress(`${move.claim} holds the chain.`);
    await clearMove(kube, move, context);
  }
}

/** A volume is made as large as the one that its snapshot was taken of: a driver makes no smaller one. */
export function atLeast(set: Rendered, size: string | undefined): Rendered {
  const { claim } = set;
  const { storage } = claim.spec.resources.requests;
  if (size === undefined || !(quantity(storage) < quantity(size))) return set;
  const resources = { requests: { storage: size } };
  return { ...set, claim: { ...claim, spec: { ...claim.spec, resources } } };
}

/** Takes away what a restore has made of a set's volume; one that is somebody's own stays. */
export async function clearVolume(parts: VolumeParts, set: Rendered): Promise<void> {
  const { kube, inputs, context } = parts;
  const { namespace } = inputs;
  await clearMove(kube, moveOf(parts, set), context);
  const ref = { resource: claims, name: set.claim.name, namespace };
  const there = await kube.find(ref);
  if (there?.metadata.labels?.[BACKUP] === undefined) return;
  await removed(kube, ref, context);
}

/**
 * A volume that is there is this backup's, or it is somebody's; one that is to be made has room for
 * it. Throws `volume-there`, `volume-too-small`.
 */
export async function checkClaim(
  { kube, manifest, inputs }: Pick<VolumeParts, "kube" | "manifest" | "inputs">,
  { claim }: Rendered,
): Promise<void> {
  const { namespace } = inputs;
  const there = await kube.find({ resource: claims, name: claim.name, namespace });
  // One that is made from a snapshot is as large as that says, whatever the values do.
  if (!there) return inputs.from === "snapshot" ? undefined : checkRoom(manifest, claim);
  const begun = there.metadata.labels?.[BACKUP];
  if (begun === manifest.id) return;
  throw new ActionError("volume-there", {
    what: `There is a volume claim ${claim.name} in ${namespace} already.`,
    why: `It is not of a restore of ${manifest.id}: what it holds would be lost.`,
    next: begun
      ? `Restore into a namespace of its own, or go on with that of \`backup: ${begun}\`.`
      : "Restore into a namespace of its own.",
  });
}

/** A volume that was made larger since is so in its claim alone: the values still say what it was. */
export function checkRoom(
  { id, unpacked }: Pick<Manifest, "id" | "unpacked">,
  { name, spec }: Rendered["claim"],
): void {
  const { storage } = spec.resources.requests;
  if (!(quantity(storage) < unpacked)) return;
  throw new ActionError("volume-too-small", {
    what: `${id} does not fit into the volume of ${name}.`,
    why: `It holds ${unpacked} bytes, and the values ask for a volume of ${storage}.`,
    next: "Give `storage.size` in the values what the old volumes have; nothing was begun.",
  });
}

/** Whether there is anything to be done: a volume that is filled is left as it is. */
async function begin(parts: VolumeParts, { claim }: Rendered, move: Move): Promise<boolean> {
  const { kube, manifest, inputs, context } = parts;
  const { namespace, storageClass, from } = inputs;
  const there = await kube.find({ resource: claims, name: claim.name, namespace });
  if (there?.metadata.annotations?.[FILLED] === manifest.id) {
    // A run that ended right after it was filled has left what filled it.
    await clearMove(kube, move, context);
    return false;
  }
  if (!there) {
    const { apiVersion, kind } = claims;
    const labels = { ...claim.labels, [BACKUP]: manifest.id };
    const spec: Claim["spec"] = {
      ...claim.spec,
      ...(storageClass && { storageClassName: storageClass }),
      ...(from === "snapshot" && { dataSource: sourceOf(manifest) }),
    };
    await kube.create(claims, {
      apiVersion,
      kind,
      metadata: { name: claim.name, namespace, labels },
      spec,
    });
  }
  await startMove(kube, move, context);
  return true;
}

function moveOf({ bucket, manifest, inputs }: VolumeParts, set: Rendered): Move {
  const { namespace, release, podRole: role, from } = inputs;
  const { id, parts } = manifest;
  const biggest = Math.max(...parts.map(({ size }) => size));
  return {
    name: `${set.name.slice(0, 40)}-restore`,
    namespace,
    labels: {
      ...{ [BACKUP]: id, "app.kubernetes.io/name": "axon-restore" },
      // Validators keep apart from one another, and from nobody else.
      [FILLS]: set.validator === null ? "sync" : "validator",
    },
    does: from === "snapshot" ? "strip" : "unpack",
    backup: id,
    image: set.image,
    claim: set.claim.name,
    parts: parts.map(({ key, size, sha256 }) => `${key} ${size} ${sha256}\n`).join(""),
    partBytes: biggest,
    url: bucket.urlOf(id),
    region: bucket.region,
    role,
    account: `${release}-restore`,
    like: likeOf(set.template.spec as Placing),
  };
}

/** What of a node's pod says where it can be. */
type Placing = Like & {
  containers?: { resources?: { requests?: Placed["requests"] } }[];
  affinity?: {
    podAntiAffinity?: {
      requiredDuringSchedulingIgnoredDuringExecution?: { topologyKey: string }[];
    };
  };
  topologySpreadConstraints?: { whenUnsatisfiable: Placed["zones"] }[];
};

/** A volume stays in the zone where its mover was: that is to be one in which its node can be, too. */
export function likeOf(spec: Placing): Like {
  const { securityContext, nodeSelector, tolerations, imagePullSecrets } = spec;
  const { containers = [], affinity, topologySpreadConstraints = [] } = spec;
  const apart = affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const isAlone = apart.some(({ topologyKey }) => topologyKey === "kubernetes.io/hostname");
  return {
    ...(securityContext && { securityContext }),
    ...(nodeSelector && { nodeSelector }),
    ...(tolerations && { tolerations }),
    ...(imagePullSecrets && { imagePullSecrets }),
    placed: {
      requests: containers[0]?.resources?.requests ?? {},
      hosts: isAlone ? "required" : "preferred",
      zones: topologySpreadConstraints[0]?.whenUnsatisfiable ?? "ScheduleAnyway",
    },
  };
}
