import { gunzipSync, gzipSync } from "node:zlib";
import type { Cluster } from "@playbook/world";

/**
 * As if Helm had been killed at its last revision of a release: its record says that it is at it.
 */
export async function makePending(
  { api }: Cluster,
  namespace: string,
  release: string,
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const records = (await api.list(path)).filter(
    ({ metadata }) => metadata.labels?.owner === "helm" && metadata.labels?.name === release,
  );
  const version = ({ metadata }: (typeof records)[number]) => Number(metadata.labels?.version);
  const [last] = records.sort((a, b) => version(b) - version(a));
  if (!last) throw new Error(`Helm has no record of ${release} in ${namespace}.`);
  const data = (last as unknown as { data: { release: string } }).data;
  const content = JSON.parse(gunzipSync(Buffer.from(data.release, "base64")).toString());
  content.info.status = "pending-upgrade";
  await api.patch(`${path}/${last.metadata.name}`, {
    metadata: { labels: { status: "pending-upgrade" } },
    data: { release: gzipSync(JSON.stringify(content)).toString("base64") },
  });
}
