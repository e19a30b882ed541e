import { configMaps, configurationsOf, type KubeClient, pods } from "@playbook/kube";
import type { Manifest } from "./preflight/manifest.ts";

/** Helm keeps what is marked so for ever: it looks at the object itself. */
export const KEPT = "helm.sh/resource-policy";

/**
 * Removes the configurations of former revisions, which Helm keeps for pods that are held: those
 * that no pod of the namespace has, and the release does not render. Going back to such a revision
 * makes its configuration anew.
 */
export async function removeLeftovers(
  kube: KubeClient,
  { namespace, release }: { namespace: string; release: string },
  manifests: readonly Manifest[],
): Promise<void> {
  const labels = `app.kubernetes.io/instance=${release},app.kubernetes.io/component=files`;
  const found = await kube.list(configMaps, { namespace, labels });
  const rendered = manifests.filter(({ kind }) => kind === "ConfigMap");
  const running = await kube.list(pods, { namespace });
  const used = new Set([
    ...rendered.map(({ metadata }) => metadata.name),
    ...running.flatMap(({ spec }) => configurationsOf(spec)),
  ]);
  for (const { metadata } of found.filter(
    (each) => isKept(each) && !used.has(each.metadata.name),
  )) {
    await kube.remove({ resource: configMaps, name: metadata.name, namespace }, metadata.uid);
  }
}

export function isKept({ metadata }: Pick<Manifest, "metadata">): boolean {
  return metadata.annotations?.[KEPT] === "keep";
}
