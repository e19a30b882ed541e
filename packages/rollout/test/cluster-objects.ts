import type { Pod, StatefulSet } from "@playbook/kube";

/** A set as the API server has it. */
export function liveSet(
  name: string,
  {
    replicas = 1,
    partition = replicas,
    current = "new",
    update = "new",
    annotations = {},
  }: {
    replicas?: number;
    partition?: number;
    current?: string;
    update?: string;
    annotations?: Record<string, string>;
  } = {},
): StatefulSet {
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { ...metadataOf(name), generation: 2, annotations },
    spec: {
      replicas,
      selector: { matchLabels: { set: name } },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition } },
      template: { spec: { containers: [] } },
    },
    status: {
      observedGeneration: 2,
      replicas,
      currentRevision: current,
      updateRevision: update,
    },
  };
}

/** A pod of a set, at a revision. */
export function livePod(
  name: string,
  revision: string,
  { status = {}, ...changes }: { status?: Pod["status"]; deletionTimestamp?: string } = {},
): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...metadataOf(name),
      ...changes,
      labels: { "controller-revision-hash": revision },
    },
    spec: { containers: [{ name: "axon", image: "axon:v1" }] },
    status: { phase: "Running", ...status },
  };
}

function metadataOf(name: string) {
  return {
    name,
    namespace: "axon",
    uid: `uid-of-${name}`,
    resourceVersion: "1",
    creationTimestamp: "2026-01-01T00:00:00Z",
  };
}
