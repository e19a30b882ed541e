import { ActionError } from "@playbook/action";
import type { KubeClient, KubeObject, Resource } from "@playbook/kube";
import type { Manifest } from "./preflight/manifest.ts";

const PLURALS: Record<string, string> = {
  SecretStore: "secretstores",
  ClusterSecretStore: "clustersecretstores",
};

/**
 * The stores that External Secrets of the chart fetch from and that it does not render, as they are
 * in the cluster; without those that the role may not read.
 */
export async function storesThere(
  kube: KubeClient,
  manifests: readonly Manifest[],
  namespace: string,
): Promise<Manifest[]> {
  const rendered = new Set(manifests.map(nameOf));
  const named = manifests
    .filter(({ kind }) => kind === "ExternalSecret")
    .flatMap(({ apiVersion = "external-secrets.io/v1", spec }) => {
      const { secretStoreRef: store } = (spec ?? {}) as { secretStoreRef?: Reference };
      const { name, kind = "SecretStore" } = store ?? {};
      return name && PLURALS[kind] ? [{ apiVersion, kind, metadata: { name } }] : [];
    });
  const wanted = new Map(named.map((one) => [nameOf(one), one]));
  const found = await Promise.all(
    [...wanted.values()]
      .filter((one) => !rendered.has(nameOf(one)))
      .map((one) => storeThere(kube, one, namespace)),
  );
  return found.flat();
}

type Reference = { name?: string; kind?: string };

type Named = Pick<Manifest, "kind" | "metadata"> & { apiVersion: string };

function nameOf({ kind, metadata }: Pick<Manifest, "kind" | "metadata">): string {
  return `${kind} ${metadata.name}`;
}

async function storeThere(
  kube: KubeClient,
  { apiVersion, kind, metadata: { name } }: Named,
  namespace: string,
): Promise<Manifest[]> {
  const namespaced = kind === "SecretStore";
  const plural = PLURALS[kind] ?? "";
  const resource: Resource<KubeObject> = { apiVersion, kind, plural, namespaced };
  try {
    const store = await kube.find({ resource, name, ...(namespaced && { namespace }) });
    return store ? [{ ...store, kind } as Manifest] : [];
  } catch (error) {
    if (error instanceof ActionError && error.code === "kube-forbidden") return [];
    throw error;
  }
}
