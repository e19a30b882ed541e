import { ActionError } from "@playbook/action";
import type { KubeClient, KubeObject, Resource } from "@playbook/kube";

const priorityClasses: Resource<KubeObject> = {
  ...{ apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", plural: "priorityclasses" },
  namespaced: false,
};

/** Which of these priority classes are not there; without those that the role may not read. */
export async function prioritiesMissing(
  kube: KubeClient,
  names: readonly string[],
): Promise<string[]> {
  const found = await Promise.all(names.map((name) => isMissing(kube, name)));
  return names.filter((_, at) => found[at]);
}

async function isMissing(kube: KubeClient, name: string): Promise<boolean> {
  try {
    return (await kube.find({ resource: priorityClasses, name })) === undefined;
  } catch (error) {
    if (error instanceof ActionError && error.code === "kube-forbidden") return false;
    throw error;
  }
}
