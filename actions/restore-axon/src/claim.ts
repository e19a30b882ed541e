import { ActionError, type Context } from "@playbook/action";
import { type Bucket, type Claim, claims, type Manifest } from "@playbook/backup";
import { type KubeClient, quantity } from "@playbook/kube";
import type { Inputs } from "./prepare.ts";
import type { Rendered } from "./target.ts";

/** On a volume's claim: which backup is restored, what this volume is filled with, and is. */
export const BACKUP = "playbook/backup";
const WITH = "playbook/filled-with";
export const FILLED = "playbook/restored";
/** A node has run on it since it was filled: it is emptied before it is filled again. */
export const USED = "playbook/used";

/** On what a drill makes: the next one takes it away. */
export const DRILL = { "playbook/drill": "true" };

/** What a volume is filled with that is empty: its node makes the genesis itself. */
export const GENESIS = "genesis";

export type VolumeParts = {
  kube: KubeClient;
  bucket: Bucket;
  /** Of the backup that is restored, by which all is known that is made for it. */
  manifest: Manifest;
  inputs: Inputs;
  context: Context;
};

/**
 * What a run before has begun to restore into these volumes, and what the validators' begin with.
 */
export async function begunWith(
  kube: KubeClient,
  namespace: string,
  sets: readonly Rendered[],
): Promise<{ backup: string | undefined; base: string | undefined }> {
  const found = await Promise.all(
    sets.map(async ({ claim: { name }, validator }) => {
      const claim = await kube.find({ resource: claims, name, namespace });
      return { labels: claim?.metadata.labels, isValidator: validator !== null };
    }),
  );
  const backups = found.map(({ labels }) => labels?.[BACKUP]);
  const bases = found.filter((each) => each.isValidator).map(({ labels }) => labels?.[WITH]);
  return { backup: onlyOf(backups), base: onlyOf(bases) };
}

function onlyOf(values: readonly (string | undefined)[]): string | undefined {
  const all = new Set(values.filter((value) => value !== undefined));
  return all.size === 1 ? [...all][0] : undefined;
}

/** Whether a set's volume was made, or begun, with this. */
export async function isFilledWith(
  { kube, inputs: { namespace } }: Pick<VolumeParts, "kube" | "inputs">,
  { claim: { name } }: Rendered,
  content: string,
): Promise<boolean> {
  const there = await kube.find({ resource: claims, name, namespace });
  return there?.metadata.labels?.[WITH] === content;
}

/**
 * A volume that is there is this restore's, with this content, or it is somebody's; one that is to
 * be made has room for the backup. Throws `volume-there`, `volume-too-small`.
 */
export async function checkClaim(
  { kube, manifest, inputs }: Pick<VolumeParts, "kube" | "manifest" | "inputs">,
  { claim }: Rendered,
  ...contents: readonly string[]
): Promise<void> {
  const { namespace } = inputs;
  const there = await kube.find({ resource: claims, name: claim.name, namespace });
  // One that is made from a snapshot is as large as that says, whatever the values do.
  if (!there) return inputs.from === "snapshot" ? undefined : checkRoom(manifest, claim);
  const { [BACKUP]: backup, [WITH]: content = "" } = there.metadata.labels ?? {};
  if (backup !== manifest.id) throw isThere(claim.name, namespace, manifest.id, backup);
  if (!contents.includes(content)) throw isOther(claim.name, namespace, { contents, content });
}

function isThere(
  name: string,
  namespace: string,
  wanted: string,
  begun: string | undefined,
): ActionError {
  return new ActionError("volume-there", {
    what: `There is a volume claim ${name} in ${namespace} already.`,
    why: `It is not of a restore of ${wanted}: what it holds would be lost.`,
    next: begun
      ? `Restore into a namespace of its own, or go on with that of \`backup: ${begun}\`.`
      : "Restore into a namespace of its own.",
  });
}

function isOther(
  name: string,
  namespace: string,
  { contents, content }: { contents: readonly string[]; content: string },
): ActionError {
  return new ActionError("volume-there", {
    what: `The volume of ${name} is, or is being, filled with ${content}.`,
    why: `It is to begin with ${contents.join(" or ")}.`,
    next:
      `Go on with \`base: ${content}\`. Where no validator has been started yet, its volumes can ` +
      `be given up: \`kubectl delete pvc --namespace ${namespace} -l ${WITH}=${content}\`.`,
  });
}

/**
 * A volume that was made larger since is so in its claim alone: the values still say what it was.
 */
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

/** Makes a set's claim for this content, where there is none. */
export async function makeClaim(
  { kube, manifest, inputs }: VolumeParts,
  { claim }: Rendered,
  content: string,
  dataSource: Pick<Claim["spec"], "dataSource"> = {},
): Promise<void> {
  const { namespace, storageClass, mode } = inputs;
  if (await kube.find({ resource: claims, name: claim.name, namespace })) return;
  const { apiVersion, kind } = claims;
  const marks = { [BACKUP]: manifest.id, [WITH]: content, ...(mode === "drill" && DRILL) };
  const labels = { ...claim.labels, ...marks };
  const spec: Claim["spec"] = {
    ...claim.spec,
    ...(storageClass && { storageClassName: storageClass }),
    ...dataSource,
  };
  await kube.create(claims, {
    ...{ apiVersion, kind, spec },
    metadata: { name: claim.name, namespace, labels },
  });
}
