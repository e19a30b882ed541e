import type { KubeObject } from "./object.ts";

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

export const REGION = "us-east-1";

/** Six nodes in three zones. */
export function defaultNodes(): NodeOptions[] {
  return Array.from({ length: 6 }, (_, index) => ({
    name: `node-${index}`,
    zone: `${REGION}${"abc"[index % 3]}`,
  }));
}

/** A node as its kubelet registers it. */
export function nodeObject({ name, zone, labels, ...capacity }: NodeOptions): KubeObject {
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
