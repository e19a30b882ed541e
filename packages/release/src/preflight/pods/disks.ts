import type { Volume } from "../manifest.ts";

/** Kubernetes' own volumes that are there whichever pod has them, and without a claim. */
const KINDS = [
  ...["nfs", "iscsi", "fc", "cephfs", "rbd", "awsElasticBlockStore", "gcePersistentDisk"],
  ...["azureDisk", "azureFile", "portworxVolume", "vsphereVolume"],
];

/** How it is attached and read, and not which one it is. */
const MANNER = /^(?:readOnly|fsType|secretRef|partition|kind|cachingMode)$/;

/**
 * Which disk a volume is that outlives its pods by its own name; undefined where it is another's.
 */
export function diskOf(volume: Volume | undefined): string | undefined {
  const [kind, disk] = Object.entries(volume ?? {}).find(([name]) => KINDS.includes(name)) ?? [];
  if (kind === undefined || typeof disk !== "object" || disk === null) return undefined;
  const names = Object.entries(disk).filter(([name]) => !MANNER.test(name));
  return `${kind} ${names.map(([, value]) => `${value}`).join(":")}`;
}
