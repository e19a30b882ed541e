import { ActionError } from "@playbook/action";
import type { KubeClient } from "./client.ts";
import type { Capabilities } from "./helm.ts";
import { type Resource, versionPath } from "./objects.ts";

type GroupList = { groups: { versions: { groupVersion: string }[] }[] };
type ResourceList = { resources: { name: string; kind: string; namespaced: boolean }[] };

/**
 * What a cluster offers: its version, its groups of the API, and the kinds that charts test for.
 */
export async function capabilitiesOf(client: KubeClient): Promise<Capabilities> {
  const [{ gitVersion }, { groups }] = await Promise.all([
    client.read<{ gitVersion: string }>("/version"),
    client.read<GroupList>("/apis"),
  ]);
  const versions = [
    "v1",
    ...groups.flatMap((group) => group.versions.map((one) => one.groupVersion)),
  ];
  const kinds = await Promise.all(
    versions.map(async (version) => {
      const { resources } = await client.read<ResourceList>(versionPath(version));
      return resources.filter(isWhole).map(({ kind }) => `${version}/${kind}`);
    }),
  );
  return { kubeVersion: gitVersion, apiVersions: [...versions, ...kinds.flat()] };
}

/** Parts of an object have a slash in their name: `pods/log`. */
function isWhole({ name }: { name: string }): boolean {
  return !name.includes("/");
}

/** Finds where the API has a kind. Throws `kube-absent` when it has no such kind. */
export async function resourceOf(
  client: KubeClient,
  { apiVersion, kind }: { apiVersion: string; kind: string },
): Promise<Resource> {
  const { resources } = await client.read<ResourceList>(versionPath(apiVersion));
  const found = resources.find((one) => one.kind === kind && isWhole(one));
  if (found) return { apiVersion, kind, plural: found.name, namespaced: found.namespaced };
  throw new ActionError("kube-absent", {
    what: `${client.connection.cluster} knows no kind ${kind} of ${apiVersion}.`,
    why: "Neither Kubernetes nor an extension that is installed there defines it.",
    next: "Install what defines it, or switch it off in the chart's values.",
  });
}
