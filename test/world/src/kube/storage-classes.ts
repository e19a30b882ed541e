import type { KubeApi } from "./api.ts";

/** The name under which charts for EKS know their disks' driver. */
export const DRIVER = "ebs.csi.aws.com";

export const ZONE = "topology.kubernetes.io/zone";

const STORAGE = "/apis/storage.k8s.io/v1";
const SNAPSHOT_CLASSES = "/apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses";

/** Classes as a cluster's administrator sets them up, each with a variant that keeps the data. */
export async function makeStorageClasses(api: KubeApi): Promise<void> {
  await Promise.all([
    api.create(`${STORAGE}/csidrivers`, {
      metadata: { name: DRIVER },
      spec: { attachRequired: false, podInfoOnMount: false, fsGroupPolicy: "File" },
    }),
    storageClass(api, "gp3", "Delete"),
    storageClass(api, "gp3-retain", "Retain"),
    snapshotClass(api, "ebs", "Delete"),
    snapshotClass(api, "ebs-retain", "Retain"),
  ]);
}

function storageClass(api: KubeApi, name: string, reclaimPolicy: string) {
  return api.create(`${STORAGE}/storageclasses`, {
    metadata: {
      name,
      annotations: { "storageclass.kubernetes.io/is-default-class": String(name === "gp3") },
    },
    provisioner: DRIVER,
    reclaimPolicy,
    volumeBindingMode: "WaitForFirstConsumer",
  });
}

function snapshotClass(api: KubeApi, name: string, deletionPolicy: string) {
  return api.create(SNAPSHOT_CLASSES, {
    apiVersion: "snapshot.storage.k8s.io/v1",
    kind: "VolumeSnapshotClass",
    metadata: {
      name,
      annotations: { "snapshot.storage.kubernetes.io/is-default-class": String(name === "ebs") },
    },
    driver: DRIVER,
    deletionPolicy,
  });
}
