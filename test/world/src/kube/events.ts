import { randomUUID } from "node:crypto";
import type { KubeApi } from "./api.ts";
import type { KubeObject } from "./object.ts";

/** What `kubectl describe` shows below a resource. */
export async function recordEvent(
  api: KubeApi,
  about: KubeObject,
  { reason, message, type = "Normal" }: { reason: string; message: string; type?: string },
): Promise<void> {
  const { namespace = "default", name, uid } = about.metadata;
  const now = new Date().toISOString();
  await api.create(`/api/v1/namespaces/${namespace}/events`, {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: `${name}.${randomUUID()}`, namespace },
    involvedObject: { apiVersion: about.apiVersion, kind: about.kind, namespace, name, uid },
    reason,
    message,
    type,
    source: { component: "world" },
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  });
}
