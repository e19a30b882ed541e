import type { Build } from "@playbook/axon";
import { repositoryOf } from "@playbook/kube";
import { axonIn, type Change } from "../images.ts";
import type { StatefulSet } from "./manifest.ts";

/**
 * Whose build of Axon an image is, where its name tells: both call themselves 0.3.1. A mirror may
 * call it whatever it likes, and then nothing is known.
 */
export function buildIn(image: string): Build | undefined {
  const name = repositoryOf(image);
  if (/(?:^|[/._-])el[_-]?axon$/i.test(name)) return "el-axon";
  return /(?:^|[/._-])axonweb3[/._-]axon$/i.test(name) ? "axon" : undefined;
}

/** Whose build sets run, where all of their images tell the same. */
export function buildOf(sets: readonly StatefulSet[]): Build | undefined {
  const [build, other] = new Set(
    sets.map(({ spec: { template, volumeClaimTemplates = [] } }) => {
      const claims = volumeClaimTemplates.map(({ metadata }) => metadata.name);
      return buildIn(axonIn(template.spec.containers, claims)?.image ?? "");
    }),
  );
  return other === undefined ? build : undefined;
}

/** Whether the chain's blocks have to tell what the names of images do not. */
export function isAskedOfBlocks({ names }: Change): boolean {
  return names !== undefined && !buildIn(names.from) && buildIn(names.to) !== undefined;
}

/**
 * Whether a change is one to another build, given whose have proposed the latest blocks. An image
 * of the same name in another registry is taken for a mirror of it.
 */
export function moveOf({ names }: Change, proposed: ReadonlySet<Build>) {
  if (!names) return "none";
  const [only, other] = proposed;
  const from = buildIn(names.from) ?? (other === undefined ? only : undefined);
  const to = buildIn(names.to);
  if (from && to) return from === to ? "none" : "other";
  return lastOf(names.from) === lastOf(names.to) ? "none" : "unknown";
}

function lastOf(image: string): string | undefined {
  return repositoryOf(image).split("/").at(-1);
}
