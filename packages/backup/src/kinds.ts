import type { Condition, KubeObject, Pod, Resource } from "@playbook/kube";

export type Claim = KubeObject & {
  spec: {
    accessModes?: string[];
    storageClassName?: string;
    volumeName?: string;
    resources: { requests: { storage: string } };
    dataSource?: { apiGroup: string; kind: string; name: string };
  };
  status?: { phase?: string; capacity?: { storage?: string } };
};

export type VolumeSnapshot = KubeObject & {
  spec: {
    source: { persistentVolumeClaimName: string } | { volumeSnapshotContentName: string };
    volumeSnapshotClassName?: string;
  };
  status?: {
    boundVolumeSnapshotContentName?: string;
    /** When what it holds was decided: from then on the node may run again. */
    creationTime?: string;
    readyToUse?: boolean;
    /** How large a volume has to be at least that is made from it. */
    restoreSize?: string;
    error?: { message?: string } | null;
  };
};

export type SnapshotContent = KubeObject & {
  spec: {
    driver: string;
    deletionPolicy: "Delete" | "Retain";
    source: { volumeHandle?: string; snapshotHandle?: string };
    volumeSnapshotClassName?: string;
    /** `uid` once it is bound: from then on to that one alone. */
    volumeSnapshotRef: { namespace: string; name: string; uid?: string };
  };
  status?: { snapshotHandle?: string };
};

export type Job = KubeObject & {
  spec: {
    backoffLimit: number;
    podFailurePolicy: { rules: object[] };
    template: { metadata: object; spec: Pod["spec"] };
  };
  status?: { conditions?: Condition[]; failed?: number };
};

function kind<Kind extends KubeObject>(
  apiVersion: string,
  name: string,
  plural: string,
  namespaced = true,
): Resource<Kind> {
  return { apiVersion, kind: name, plural, namespaced };
}

type NodeTerm = { matchExpressions?: { key: string; operator: string; values?: string[] }[] };

export type Volume = KubeObject & {
  spec: { nodeAffinity?: { required?: { nodeSelectorTerms: NodeTerm[] } } };
};

/** That a volume is on a node, for drivers that attach them. */
export type VolumeAttachment = KubeObject & {
  spec: { nodeName: string; source: { persistentVolumeName?: string } };
};

export type StorageClass = KubeObject & { reclaimPolicy?: "Delete" | "Retain" };

const SNAPSHOTS = "snapshot.storage.k8s.io/v1";

export const claims = kind<Claim>("v1", "PersistentVolumeClaim", "persistentvolumeclaims");
export const jobs = kind<Job>("batch/v1", "Job", "jobs");
export const serviceAccounts = kind<KubeObject>("v1", "ServiceAccount", "serviceaccounts");
export const storageClasses = kind<StorageClass>(
  "storage.k8s.io/v1",
  "StorageClass",
  "storageclasses",
  false,
);
export const volumes = kind<Volume>("v1", "PersistentVolume", "persistentvolumes", false);
export const volumeAttachments = kind<VolumeAttachment>(
  "storage.k8s.io/v1",
  "VolumeAttachment",
  "volumeattachments",
  false,
);
export const volumeSnapshots = kind<VolumeSnapshot>(SNAPSHOTS, "VolumeSnapshot", "volumesnapshots");
export const snapshotContents = kind<SnapshotContent>(
  SNAPSHOTS,
  "VolumeSnapshotContent",
  "volumesnapshotcontents",
  false,
);
