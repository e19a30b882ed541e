import type { KubeObject } from "../../src/kube/object.ts";

/** A pod of one container that says nothing else. */
export function pod(name: string, more: Partial<KubeObject> = {}): KubeObject {
  const { metadata, spec, ...rest } = more;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, ...metadata },
    spec: { containers: [{ name: "main", image: "registry.example/web:1" }], ...spec },
    ...rest,
  };
}

/** A pod that mounts a claim. */
export function podWith(claim: string): KubeObject {
  const volumes = [{ name: "data", persistentVolumeClaim: { claimName: claim } }];
  return pod(`uses-${claim}`, { spec: { volumes } });
}

export function claim(name: string, more: object = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "10Gi" } },
      ...more,
    },
  };
}

export function snapshot(name: string, source: object, more: object = {}): KubeObject {
  return {
    apiVersion: "snapshot.storage.k8s.io/v1",
    kind: "VolumeSnapshot",
    metadata: { name },
    spec: { source, ...more },
  };
}

export const PODS = "/api/v1/namespaces/default/pods";
export const CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims";
export const VOLUMES = "/api/v1/persistentvolumes";
export const SNAPSHOTS = "/apis/snapshot.storage.k8s.io/v1/namespaces/default/volumesnapshots";
export const CONTENTS = "/apis/snapshot.storage.k8s.io/v1/volumesnapshotcontents";
