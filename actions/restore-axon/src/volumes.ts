import { ActionError } from "@playbook/action";
import {
  awaitMove,
  claims,
  clearMove,
  type Like,
  type Manifest,
  type Move,
  type Place,
  type Placed,
  removed,
  startMove,
  volumes,
} from "@playbook/backup";
import { quantity } from "@playbook/kube";
import { BACKUP, checkClaim, FILLED, GENESIS, makeClaim, USED, type VolumeParts } from "./claim.ts";
import { importSnapshot, sourceOf } from "./imported.ts";
import type { Component, Rendered } from "./target.ts";

/** On a pod that fills a volume: for which kind of node. */
const FILLS = "playbook/fills";

/** A set's volume, and what it is filled with; null leaves it empty. */
export type Filling = { set: Rendered; content: Manifest | null };

/** Fills volumes, each by a pod of its own, side by side. Throws what `checkClaim` does. */
export async function fillVolumes(parts: VolumeParts, fillings: readonly Filling[]): Promise<void> {
  const { kube, inputs, context } = parts;
  for (const { set, content } of fillings) await checkClaim(parts, set, content?.id ?? GENESIS);
  const sources = await sourcesOf(parts, fillings);
  const places = await placesOf(parts, fillings);
  const moves: Move[] = [];
  for (const { set, content } of fillings) {
    const source = sources.get(content?.id ?? GENESIS) ?? NOTHING;
    const move = await begin(parts, set, { ...source, others: places.get(set.component) ?? [] });
    if (move) moves.push(move);
  }
  context.progress(`Volumes to be filled: ${moves.length}.`);
  for (const move of moves) {
    await awaitMove(kube, move, { deadlineMs: inputs.deadline, context });
    const ref = { resource: claims, name: move.claim, namespace: inputs.namespace };
    await kube.merge(ref, { metadata: { annotations: { [FILLED]: move.backup } } });
    context.progress(`${move.claim} holds the chain as of ${move.backup}.`);
    await clearMove(kube, move, context);
  }
}

/**
 * Where volumes are filled from: a snapshot, and the size that they have then at least, or the
 * bucket.
 */
type Source = { content: Manifest | null; imported: { size: string | undefined } | null };

/** Where a run that ended has left volumes: those that are made now are to be apart from them. */
async function placesOf(
  { kube, inputs }: VolumeParts,
  fillings: readonly Filling[],
): Promise<Map<Component, Place[]>> {
  const { namespace } = inputs;
  const found = new Map<Component, Place[]>();
  for (const { set } of fillings) {
    const claim = await kube.find({ resource: claims, name: set.claim.name, namespace });
    const { volumeName } = claim?.spec ?? {};
    if (!volumeName) continue;
    const volume = await kube.find({ resource: volumes, name: volumeName });
    const terms = volume?.spec.nodeAffinity?.required?.nodeSelectorTerms ?? [];
    const places = (terms[0]?.matchExpressions ?? []).flatMap(({ key, values = [] }) =>
      values.length === 1 ? values.map((value) => ({ key, value })) : [],
    );
    found.set(set.component, [...(found.get(set.component) ?? []), ...places]);
  }
  return found;
}

const NOTHING: Source = { content: null, imported: null };

async function sourcesOf(
  parts: VolumeParts,
  fillings: readonly Filling[],
): Promise<Map<string, Source>> {
  const contents = new Map(
    fillings.flatMap(({ content }) => (content ? [[content.id, content]] : [])),
  );
  const sources = new Map<string, Source>();
  for (const [id, content] of contents) {
    sources.set(id, { content, imported: await importedOf(parts, content) });
  }
  return sources;
}

/**
 * null where the bucket is read. What validators begin with is read from there, too, when its
 * snapshot is no more: snapshots are kept for a shorter time.
 */
async function importedOf(
  { kube, manifest, inputs, context }: VolumeParts,
  content: Manifest,
): Promise<Source["imported"]> {
  if (inputs.from === "bucket") return null;
  const isBackup = content.id === manifest.id;
  const readyMs = isBackup ? READY_MS.backup : READY_MS.base;
  try {
    return { size: await importSnapshot(kube, content, { ...inputs, readyMs }, context) };
  } catch (error) {
    const isGone = error instanceof ActionError && GONE.includes(error.code);
    if (isBackup || !isGone) throw error;
    context.warn(`${content.id} is taken from the bucket: ${error.what} ${error.why}`);
    return null;
  }
}

/** There is another way for what validators begin with, and the chain is down meanwhile. */
const READY_MS = { backup: 5 * 60_000, base: 60_000 };

const GONE = ["no-snapshot", "snapshot-not-ready"];

/**
 * A volume is made as large as the one that its snapshot was taken of: a driver makes no smaller
 * one.
 */
export function atLeast(set: Rendered, size: string | undefined): Rendered {
  const { claim } = set;
  const { storage } = claim.spec.resources.requests;
  if (size === undefined || !(quantity(storage) < quantity(size))) return set;
  const resources = { requests: { storage: size } };
  return { ...set, claim: { ...claim, spec: { ...claim.spec, resources } } };
}

/** Takes away what a restore has made of a set's volume; one that is somebody's own stays. */
export async function clearVolume(
  { kube, inputs: { namespace }, context }: Pick<VolumeParts, "kube" | "inputs" | "context">,
  set: Rendered,
): Promise<void> {
  await clearMove(kube, moveNamed(set, namespace), context);
  const ref = { resource: claims, name: set.claim.name, namespace };
  const there = await kube.find(ref);
  if (there?.metadata.labels?.[BACKUP] === undefined) return;
  await removed(kube, ref, context);
}

/**
 * Has a volume filled once more by the next `fillVolumes`, where its node does not run; it stays in
 * its zone.
 */
export async function forgetFilled(parts: VolumeParts, { claim }: Rendered): Promise<void> {
  const ref = { resource: claims, name: claim.name, namespace: parts.inputs.namespace };
  await parts.kube.merge(ref, { metadata: { annotations: { [FILLED]: null, [USED]: "true" } } });
}

/** The move that is to be awaited; null for a volume that is filled, which is left as it is. */
async function begin(
  parts: VolumeParts,
  set: Rendered,
  { content, imported, others }: Source & { others: readonly Place[] },
): Promise<Move | null> {
  const { kube, inputs, context } = parts;
  const { namespace } = inputs;
  const there = await kube.find({ resource: claims, name: set.claim.name, namespace });
  const id = content?.id ?? GENESIS;
  const { [FILLED]: filled, [USED]: used } = there?.metadata.annotations ?? {};
  // A run that ended right after it was filled has left what filled it.
  if (filled === id) await clearMove(kube, moveNamed(set, namespace), context);
  if (filled === id) return null;
  if (used !== undefined && content) await empty(parts, set);
  const isMade = there ? there.spec.dataSource !== undefined : imported !== null;
  const fills = isMade && used === undefined ? "strip" : "unpack";
  const dataSource = content && imported ? { dataSource: sourceOf(content) } : {};
  await makeClaim(parts, atLeast(set, imported?.size), id, dataSource);
  const move = moveOf(parts, set, content ? { content, does: fills } : EMPTY);
  await startMove(kube, { ...move, like: apartFrom(move.like, others) }, context);
  return move;
}

function apartFrom(like: Like, others: readonly Place[]): Like {
  return like.placed ? { ...like, placed: { ...like.placed, others } } : like;
}

async function empty(parts: VolumeParts, set: Rendered): Promise<void> {
  const { kube, inputs, context } = parts;
  const move = moveOf(parts, set, EMPTY);
  await startMove(kube, move, context);
  await awaitMove(kube, move, { deadlineMs: inputs.deadline, context });
  await clearMove(kube, move, context);
}

type Content = { content: Manifest | null; does: Move["does"] };

/** Even an empty volume is first used here, beside the others: its zone is decided by that. */
const EMPTY: Content = { content: null, does: "empty" };

function moveOf(
  { bucket, manifest, inputs }: VolumeParts,
  set: Rendered,
  { content, does }: Content,
): Move {
  const { namespace, podRole: role, release } = inputs;
  const { id, parts } = content ?? { id: GENESIS, parts: [] };
  return {
    ...moveNamed(set, namespace),
    labels: {
      ...{ [BACKUP]: manifest.id, "app.kubernetes.io/name": "axon-restore" },
      // Validators keep apart from one another, and from nobody else; so do those that serve.
      [FILLS]: set.component,
    },
    does,
    backup: id,
    image: set.image,
    claim: set.claim.name,
    parts: parts.map(({ key, size, sha256 }) => `${key} ${size} ${sha256}\n`).join(""),
    partBytes: Math.max(0, ...parts.map(({ size }) => size)),
    url: bucket.urlOf(id),
    region: bucket.region,
    role,
    account: `${release}-restore`,
    like: likeOf(set.template.spec as Placing),
  };
}

function moveNamed(set: Rendered, namespace: string) {
  const number = set.ordinal > 0 ? `-${set.ordinal}` : "";
  return { name: `${set.name.slice(0, 40)}${number}-restore`, namespace };
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

/**
 * A volume stays in the zone where its mover was: that is to be one in which its node can be, too.
 */
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
