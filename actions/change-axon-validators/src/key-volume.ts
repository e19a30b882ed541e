import type { StatefulSet } from "@playbook/kube";

type Item = { key: string; path: string };

/** Of a volume, what matters to whoever wants one file of it. */
export type Volume = {
  name: string;
  secret?: { secretName: string; defaultMode?: number; items?: Item[] };
  csi?: object;
  projected?: object;
};

/** What a pod template has beside its containers. */
export type PodLike = {
  serviceAccountName?: string;
  securityContext?: object;
  nodeSelector?: Record<string, string>;
  tolerations?: object[];
  imagePullSecrets?: object[];
  volumes?: Volume[];
};

/** Where validators' pods have their network keys. */
export type KeyPlace = {
  /** Names of volumes, the first of them that holds keys counts. */
  volumes: readonly string[];
  /** Of 32 raw bytes, below the volume. */
  file: string;
};

export function templateOf(set: StatefulSet): PodLike {
  return set.spec.template.spec as PodLike;
}

/**
 * The volume that brings a validator's network key, and of a Secret nothing else: who signs a call
 * has no use for the key that votes. undefined where there is none.
 */
export function keyVolumeOf(
  set: StatefulSet,
  { volumes: names, file }: KeyPlace,
): Volume | undefined {
  const volumes = templateOf(set).volumes ?? [];
  const found = names.flatMap((name) => volumes.filter((volume) => volume.name === name));
  const volume = found.find(({ secret, csi, projected }) => secret ?? csi ?? projected);
  if (!volume?.secret) return volume;
  const item = volume.secret.items?.find(({ path }) => path === file) ?? { key: file, path: file };
  return { ...volume, secret: { ...volume.secret, items: [item] } };
}
