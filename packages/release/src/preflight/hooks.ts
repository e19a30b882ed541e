import { type Manifest, type PodSpec, podSpecOf, type StatefulSet } from "./manifest.ts";

/** Pods that Helm starts in turn, each as a set that has as many of them as run at once. */
export type Hooks = { before: StatefulSet[]; after: StatefulSet[] };

/** The pods of a chart's hooks that run as it is installed, or upgraded. */
export function hooksIn(manifests: readonly Manifest[], isUpgrade: boolean): Hooks {
  const event = isUpgrade ? "upgrade" : "install";
  const at = (when: string) =>
    manifests.filter((one) => eventsOf(one).includes(`${when}-${event}`)).flatMap(asSet);
  return { before: at("pre"), after: at("post") };
}

/** Whether Helm makes an object as it installs or upgrades: hooks are for other times as well. */
export function isMadeNow(one: Manifest, isUpgrade: boolean): boolean {
  const event = isUpgrade ? "upgrade" : "install";
  return (
    !isHook(one) || eventsOf(one).some((when) => /^(?:pre|post)-(.*)$/.exec(when)?.[1] === event)
  );
}

export function isHook(one: Manifest): boolean {
  return one.metadata.annotations?.["helm.sh/hook"] !== undefined;
}

function eventsOf({ metadata }: Manifest): string[] {
  const named = metadata.annotations?.["helm.sh/hook"] ?? "";
  return named.split(",").map((event) => event.trim());
}

function asSet(hook: Manifest): StatefulSet[] {
  const pod = /^(?:Job|Pod)$/.test(hook.kind) ? podSpecOf(hook) : undefined;
  return pod ? [{ ...hook, spec: specOf(pod, atOnce(hook.spec)) }] : [];
}

function specOf(pod: PodSpec, replicas: number): StatefulSet["spec"] {
  return { replicas, selector: {}, template: { spec: pod } };
}

/** How many pods of a Job run at once; of a pod, itself. */
function atOnce(spec: unknown): number {
  const { parallelism = 1, completions } = spec as { parallelism?: number; completions?: number };
  return Math.min(parallelism, completions ?? Math.max(parallelism, 1));
}
