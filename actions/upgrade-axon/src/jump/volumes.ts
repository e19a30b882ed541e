import { ActionError, type Context } from "@playbook/action";
import {
  type Claim,
  claims,
  removed,
  type VolumeSnapshot,
  volumeSnapshots,
} from "@playbook/backup";
import type { KubeClient } from "@playbook/kube";
import type { Manifest } from "@playbook/release";
import { seeSnapshots } from "./snapshots.ts";

/** A node's volume, and its snapshot from before a jump. */
export type Volume = {
  /** Name of the claim, by how StatefulSets name what they claim. */
  claim: string;
  labels: Record<string, string>;
  spec: Claim["spec"];
  snapshot: string;
};

/** From which snapshot a claim was made anew. */
const RESTORED = "playbook/jump";

type Template = {
  metadata: { name: string; labels?: Record<string, string> };
  spec: Claim["spec"];
};

/** Sees that each validator has a volume that can be made anew. Throws `jump-claims-nothing`. */
export function seeWayBack(sets: readonly Manifest[]): void {
  for (const set of sets) templateOf(set);
}

/**
 * The volumes of validators' sets as the chart renders them, with names for their snapshots that
 * are of this very jump. Throws `jump-claims-nothing`.
 */
export function volumesOf(sets: readonly Manifest[], revision: number): Volume[] {
  return sets.map((set) => volumeOf(set, "0", revision));
}

/** The same of sets that have as many pods as there is need of, by the claims that there are. */
export function claimedBy(
  sets: readonly Manifest[],
  names: readonly string[],
  revision: number,
): Volume[] {
  return sets.flatMap((set) => {
    const first = claimOf(set, "");
    const own = names.filter((name) => name.startsWith(first));
    const ordinals = own.map((name) => name.slice(first.length));
    return ordinals
      .filter((text) => /^\d+$/.test(text))
      .map((ordinal) => volumeOf(set, ordinal, revision));
  });
}

function volumeOf(set: Manifest, ordinal: string, revision: number): Volume {
  const { metadata, spec } = templateOf(set);
  return {
    claim: claimOf(set, ordinal),
    labels: metadata.labels ?? {},
    spec,
    snapshot: `${set.metadata.name}-${ordinal}-jump-${revision}`,
  };
}

function claimOf(set: Manifest, ordinal: string): string {
  return `${templateOf(set).metadata.name}-${set.metadata.name}-${ordinal}`;
}

function templateOf({ metadata, spec }: Manifest): Template {
  const [template] = (spec as { volumeClaimTemplates?: Template[] }).volumeClaimTemplates ?? [];
  if (!template) throw claimsNothing(metadata.name);
  return template;
}

export type Place = {
  kube: KubeClient;
  namespace: string;
  snapshotClass?: string | undefined;
  context: Context;
};

export function secondsOf(timestamp: string): number {
  return Date.parse(timestamp) / 1000;
}

/**
 * The volumes of those who follow the chain, before any of them has run the new version. `taken` is
 * when the validators' snapshots were: a claim that is younger is of a run that went further, and
 * died.
 */
export async function followersVolumes(
  { kube, namespace }: Place,
  sets: readonly Manifest[],
  { revision, taken = Number.POSITIVE_INFINITY }: { revision: number; taken?: number | undefined },
): Promise<Volume[]> {
  const all = await kube.list(claims, { namespace });
  const old = all.filter(({ metadata }) => secondsOf(metadata.creationTimestamp) <= taken);
  return claimedBy(
    sets,
    old.map(({ metadata }) => metadata.name),
    revision,
  );
}

/**
 * Gives those who follow the chain what they had before. What has come since the validators'
 * snapshots were taken is given up: nobody needs it, and the version before may not read it. A
 * volume that was there and whose own snapshot is gone stays as it is, with a warning.
 */
export async function restoreFollowers(
  place: Place,
  sets: readonly Manifest[],
  { revision, taken }: { revision: number; taken: number | undefined },
): Promise<void> {
  const { kube, namespace, context } = place;
  const [there, snapshots] = await Promise.all([
    kube.list(claims, { namespace }),
    kube.list(volumeSnapshots, { namespace }),
  ]);
  const { before, since, bare } = sortedOut(sets, { claims: there, snapshots, revision, taken });
  for (const { claim, snapshot } of bare) context.warn(bareText(claim, snapshot));
  await restoreVolumes(place, before);
  for (const { claim: name } of since) {
    await removed(kube, { resource: claims, name, namespace }, context);
  }
}

/**
 * Which volumes are from before a jump and have their snapshots, which have come since, and which
 * are from before and have lost theirs.
 */
export function sortedOut(
  sets: readonly Manifest[],
  {
    claims: there,
    snapshots,
    revision,
    taken = Number.POSITIVE_INFINITY,
  }: {
    claims: readonly Pick<Claim, "metadata">[];
    snapshots: readonly Pick<VolumeSnapshot, "metadata" | "spec">[];
    revision: number;
    taken?: number | undefined;
  },
): { before: Volume[]; since: Volume[]; bare: Volume[] } {
  const sources = snapshots.flatMap(({ spec: { source } }) =>
    "persistentVolumeClaimName" in source ? [source.persistentVolumeClaimName] : [],
  );
  const made = new Map(
    there.map(({ metadata }) => [metadata.name, secondsOf(metadata.creationTimestamp)]),
  );
  const all = claimedBy(sets, [...new Set([...made.keys(), ...sources])], revision);
  const snapshotted = new Set(snapshots.map(({ metadata }) => metadata.name));
  const without = all.filter(
    ({ claim, snapshot }) => !snapshotted.has(snapshot) && made.has(claim),
  );
  const isYounger = ({ claim }: Volume) => (made.get(claim) ?? 0) > taken;
  return {
    before: all.filter(({ snapshot }) => snapshotted.has(snapshot)),
    since: without.filter(isYounger),
    bare: without.filter((volume) => !isYounger(volume)),
  };
}

function bareText(claim: string, snapshot: string): string {
  return (
    `${claim} stays as the new version left it: its snapshot ${snapshot} is gone. If its node ` +
    "does not start, delete the claim and the pod, and it follows the chain from the beginning."
  );
}

/**
 * Gives each node the volume that it had before: the one that it has now is given up. Throws
 * `jump-no-snapshot` before any is.
 */
export async function restoreVolumes(place: Place, volumes: readonly Volume[]): Promise<void> {
  const { kube, namespace, context } = place;
  const { apiVersion, kind } = claims;
  const left = await unrestored(place, volumes);
  await seeSnapshots(place, left);
  for (const { claim: name, labels, spec, snapshot } of left) {
    await removed(kube, { resource: claims, name, namespace }, context);
    await kube.create(claims, {
      ...{ apiVersion, kind },
      metadata: { name, namespace, labels: { ...labels, [RESTORED]: snapshot } },
      spec: {
        ...spec,
        dataSource: {
          ...{ apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: snapshot },
        },
      },
    });
    context.progress(`${name} is what it was before the jump.`);
  }
}

async function unrestored(
  { kube, namespace }: Place,
  volumes: readonly Volume[],
): Promise<Volume[]> {
  const all = await kube.list(claims, { namespace });
  const restored = new Set(all.map(({ metadata }) => metadata.labels?.[RESTORED]));
  return volumes.filter(({ snapshot }) => !restored.has(snapshot));
}

function claimsNothing(name: string): ActionError {
  return new ActionError("jump-claims-nothing", {
    what: `StatefulSet ${name} claims no volume of its own.`,
    why: "`existingClaim` names a volume that is there already; the way back makes volumes anew.",
    next: "Move that validator to a volume of the chart's own first, or restore a backup instead.",
  });
}
