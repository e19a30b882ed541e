import type { KubeApi } from "./api.ts";
import type { KubeObject } from "./object.ts";
import { until } from "./until.ts";

export type NodeOptions = {
  name: string;
  zone: string;
  /** Kubernetes' quantities; by default `4`, `16Gi`. */
  cpu?: string;
  memory?: string;
  /** How many pods fit. */
  pods?: number;
  labels?: Record<string, string>;
};

const REGION = "us-east-1";

/** Adds nodes, and waits until they take pods. */
export async function addNodes(api: KubeApi, nodes = defaultNodes()): Promise<void> {
  await Promise.all(nodes.map((node) => api.create("/api/v1/nodes", nodeObject(node))));
  await until(async () => (await api.list("/api/v1/nodes")).every(takesPods));
}

function takesPods({ spec }: KubeObject): boolean {
  return !spec?.taints?.length;
}

/** Six nodes in three zones. */
function defaultNodes(): NodeOptions[] {
  return Array.from({ length: 6 }, (_, index) => ({
    name: `node-${index}`,
    zone: `${REGION}${"abc"[index % 3]}`,
  }));
}

/** A node as its kubelet registers it. */
function nodeObject({ name, zone, labels, ...capacity }: NodeOptions): KubeObject {
  const { cpu = "4", memory = "16Gi", pods = 110 } = capacity;
  const resources = { cpu, memory, pods: String(pods) };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/region": REGION,
        "topology.kubernetes.io/zone": zone,
        ...labels,
      },
    },
    status: { capacity: resources, allocatable: resources },
  };
}
