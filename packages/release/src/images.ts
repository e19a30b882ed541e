import type { Pod } from "@playbook/kube";
import type { StatefulSet } from "./preflight/manifest.ts";

/** The version in an image's name: its tag, or its digest where it has no tag. */
export function versionOf(image: string): string {
  const [name = "", digest] = image.split("@");
  const tag = /:([^/:]+)$/.exec(name)?.[1];
  return tag ?? digest ?? "latest";
}

/** The version that runs, by the pods' first containers; null while none runs. */
export function runningVersion(pods: readonly Pod[]): string | null {
  const image = pods[0]?.spec.containers[0]?.image;
  return image ? versionOf(image) : null;
}

/** The version that the chart renders for a set. */
export function renderedVersion(sets: readonly StatefulSet[]): string {
  return versionOf(sets[0]?.spec.template.spec.containers[0]?.image ?? "");
}
