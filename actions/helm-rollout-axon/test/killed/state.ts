import type { Cluster } from "@playbook/world";

/** What is not as it was, or not the same everywhere. */
export async function faultsIn(
  { api }: Cluster,
  namespace: string,
  tag: string,
): Promise<string[]> {
  const of = (group: string, kind: string) => api.list(`/${group}/namespaces/${namespace}/${kind}`);
  const sets = await of("apis/apps/v1", "statefulsets");
  const running = await of("api/v1", "pods");
  const budgets = await of("apis/policy/v1", "poddisruptionbudgets");
  const records = await of("api/v1", "configmaps");
  const revisions = new Map(sets.map((it) => [`${it.metadata.name}-0`, it.status.updateRevision]));
  return [
    ...running
      .filter(({ spec }) => !spec.containers[0].image.endsWith(`:${tag}`))
      .map(({ metadata }) => `${metadata.name} is of another version`),
    ...running
      .filter(({ metadata: { name, labels } }) => {
        return labels?.["controller-revision-hash"] !== revisions.get(name);
      })
      .map(({ metadata }) => `${metadata.name} is of another revision`),
    ...sets
      .filter(({ spec }) => spec.updateStrategy.rollingUpdate.partition !== 1)
      .map(({ metadata }) => `${metadata.name} is not held`),
    ...budgets
      .filter(({ spec, metadata }) => {
        return spec.maxUnavailable !== 1 || metadata.annotations?.["playbook/budget-before"];
      })
      .map(({ metadata }) => `budget ${metadata.name} is not as before`),
    ...records
      .filter(({ metadata }) => metadata.labels?.status?.startsWith("pending-"))
      .map(({ metadata }) => `${metadata.name} is pending`),
    ...(running.length === 5 ? [] : [`there are ${running.length} pods`]),
  ];
}
