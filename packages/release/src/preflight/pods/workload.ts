import type { StatefulSet } from "../manifest.ts";
import { type Container, type Manifest, nameOf, type PodSpec, podSpecOf } from "../manifest.ts";
import { diskOf } from "./disks.ts";

/** An object that makes pods, and how many of one kind at a time. */
export type Workload = {
  at: string;
  kind: string;
  name: string;
  annotations: Record<string, string>;
  /** The annotations of its pods. */
  notes: Record<string, string>;
  count: number;
  pod: PodSpec;
  /** Volumes of which each pod has one of its own. */
  templates: ReadonlySet<string>;
};

export function workloadOf(object: Manifest): Workload | undefined {
  const pod = podSpecOf(object);
  if (!pod) return undefined;
  const { replicas, volumeClaimTemplates = [] } = (object as StatefulSet).spec;
  const many = object.kind === "DaemonSet" ? 2 : 1;
  return {
    at: nameOf(object),
    kind: object.kind,
    name: object.metadata.name,
    annotations: object.metadata.annotations ?? {},
    notes: notesOf(object) ?? {},
    count: replicas ?? many,
    pod,
    templates: new Set(volumeClaimTemplates.map(({ metadata }) => metadata.name)),
  };
}

function notesOf({ kind, metadata, spec }: Manifest): Record<string, string> | undefined {
  if (kind === "Pod") return metadata.annotations;
  const own = kind === "CronJob" ? (spec as { jobTemplate: Manifest }).jobTemplate.spec : spec;
  return (own as StatefulSet["spec"]).template.metadata?.annotations;
}

/** The container of a pod that runs the node, as far as it can be told. */
export function nodeOf(workload: Workload): Container | undefined {
  const [first, ...others] = workload.pod.containers;
  return first && others.reduce((best, one) => (signs(one) > signs(best) ? one : best), first);

  function signs(container: Container): number {
    const { name, image = "" } = container;
    return (
      (isRun(lineOf(container)) ? 8 : 0) +
      (/(?:^|\/)[\w-]*axon[\w-]*(?:[:@]|$)/.test(image) ? 4 : 0) +
      (keptFolders(workload, container).length > 0 ? 2 : 0) +
      (/axon|node|validator/.test(name) ? 1 : 0)
    );
  }
}

/** Whether pods of it run nodes of a chain. */
export function runsNode({ pod }: Workload): boolean {
  return pod.containers.some(({ image = "", ...container }) =>
    /axon/.test([image, ...lineOf(container as Container)].join(" ")),
  );
}

export function lineOf({ command = [], args = [] }: Container): string[] {
  return [...command, ...args].map(String);
}

/** Whether a command, or the script in it, runs a node. */
export function isRun(words: readonly string[]): boolean {
  const line = words.join(" ");
  const byName = /(?:^|[\s"'/])axon[\w.-]*["']?\s(?:[^\n;&|]*\s)?run\b/;
  return words[0] === "run" || byName.test(line) || /\$\S+\s+(?:\S+\s+)?run\b/.test(line);
}

/**
 * What outlives a pod: the folders on which a container has a claim or a disk, or a part of one.
 */
export function keptFolders(workload: Workload, { volumeMounts = [] }: Container): string[] {
  return volumeMounts
    .filter(({ name }) => claimBehind(workload, name) !== undefined)
    .map(({ mountPath }) => mountPath);
}

/**
 * The claim behind a volume, or the disk that it names: null for one that each pod has for itself.
 */
export function claimBehind({ templates, pod }: Workload, name: string): string | null | undefined {
  if (templates.has(name)) return null;
  const volume = (pod.volumes ?? []).find((each) => each.name === name);
  return volume?.persistentVolumeClaim?.claimName ?? diskOf(volume);
}
