import { type Pod, repositoryOf } from "@playbook/kube";
import type { StatefulSet } from "./preflight/manifest.ts";

/**
 * The version in an image's name: its tag, or its digest where it has none that says what it is.
 */
export function versionOf(image: string): string {
  const [name = "", digest] = image.split("@");
  const tag = /:([^/:]+)$/.exec(name)?.[1] ?? "latest";
  return digest !== undefined && isMoving(tag) ? digest : tag;
}

/** Whether a tag is commonly given to one image after another. */
export function isMoving(tag: string): boolean {
  return /^(?:latest|main|master|head|dev|develop|edge|nightly|canary|next|stable)$/i.test(tag);
}

type Running = {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  volumeMounts?: { name: string }[];
};

/**
 * The container that runs Axon: by its command, its image, its name, or the volume of a claim that
 * it has; the first one where nothing tells.
 */
export function axonIn<Container extends Running>(
  containers: readonly Container[],
  claims: readonly string[] = [],
): Container | undefined {
  const signs: ((one: Running) => boolean)[] = [
    ({ command = [], args = [] }) => RUN.test([...command, ...args].join(" ")),
    ({ command = [], args = [] }) => [...command, ...args][0] === "run",
    ({ image = "" }) => /^axon(?![\w.-])/i.test(image.split("/").at(-1) ?? ""),
    ({ image = "" }) => /[-_]axon(?![\w.-])/i.test(image.split("/").at(-1) ?? ""),
    ({ name }) => /^axon\d*$/i.test(name),
    ({ volumeMounts = [] }) => volumeMounts.some(({ name }) => claims.includes(name)),
  ];
  const found = signs.map((sign) => containers.find(sign)).find((one) => one !== undefined);
  return found ?? containers[0];
}

const RUN = /(^|[\s/])axon\s(?:.*\s)?run\b/i;

/** What a version is changed from; null where a validator has none yet. */
export type Change = {
  from: string | null;
  to: string;
  /** Both images, where they are of two repositories. */
  names?: { from: string; to: string };
};

/** Each change that the sets' validators go through, once: pods of one set may differ. */
export function changesOf(
  sets: readonly StatefulSet[],
  podsIn: (set: StatefulSet) => readonly Pod[],
): Change[] {
  const all = sets.flatMap((set): Change[] => {
    const claims = (set.spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name);
    const container = axonIn(set.spec.template.spec.containers, claims);
    const next = container?.image ?? "";
    const images = podsIn(set).map(({ spec }) => imageIn(spec.containers, container?.name));
    return images.length > 0
      ? images.map((image) => changeOf(image, next))
      : [{ from: null, to: versionOf(next) }];
  });
  return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}

function changeOf(from: string, to: string): Change {
  const names = repositoryOf(from) === repositoryOf(to) ? {} : { names: { from, to } };
  return { from: versionOf(from), to: versionOf(to), ...names };
}

/** Beside what is rendered there may be containers that something has put into the pod. */
function imageIn(containers: readonly Running[], name: string | undefined): string {
  const same = containers.find((one) => one.name === name);
  return (same ?? axonIn(containers))?.image ?? "";
}

/** All that runs and all that is to run, for a person: one version each, as a rule. */
export function versionsIn(changes: readonly Change[]): { from: string | null; to: string } {
  const from = new Set(changes.flatMap(({ from }) => from ?? []));
  const to = new Set(changes.map((change) => change.to));
  return {
    from: from.size > 0 ? [...from].sort().join(", ") : null,
    to: [...to].sort().join(", "),
  };
}
