import { parseAllDocuments } from "yaml";
import type { NodeTerm } from "./node-terms.ts";

/** An object as a chart renders it or the API server has it, as far as it is judged here. */
export type Manifest = {
  kind: string;
  metadata: {
    name: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec?: unknown;
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  /** In base64. */
  binaryData?: Record<string, string>;
};

export type Mount = { name: string; mountPath: string; subPath?: string };

export type Container = {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  env?: { name: string; value?: string }[];
  volumeMounts?: Mount[];
  resources?: { requests?: Record<string, string | number> };
};

/** What a volume is made of; exactly one of its sources is there. */
export type Volume = {
  name: string;
  configMap?: { name?: string };
  secret?: { secretName?: string; items?: { key: string }[] };
  persistentVolumeClaim?: { claimName: string };
  csi?: { driver: string; volumeAttributes?: Record<string, string> };
  projected?: {
    sources?: {
      secret?: { name?: string; items?: { key: string }[] };
      configMap?: { name?: string };
    }[];
  };
  hostPath?: { path: string };
  emptyDir?: object;
};

export type PodSpec = {
  containers: Container[];
  initContainers?: Container[];
  volumes?: Volume[];
  nodeSelector?: Record<string, string>;
  tolerations?: { key?: string; operator?: string; value?: string; effect?: string }[];
  serviceAccountName?: string;
  affinity?: {
    nodeAffinity?: {
      requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms: NodeTerm[] };
    };
    podAntiAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: Term[] };
  };
};

/** Pods that may not share a place, by a label of nodes. */
type Term = { topologyKey: string; labelSelector?: { matchLabels?: Record<string, string> } };

export type SetSpec = {
  replicas?: number;
  ordinals?: { start?: number };
  serviceName?: string;
  podManagementPolicy?: string;
  selector: { matchLabels?: Record<string, string> };
  updateStrategy?: { type?: string; rollingUpdate?: { partition?: number } };
  template: { metadata?: { labels?: Record<string, string> }; spec: PodSpec };
  volumeClaimTemplates?: { metadata: { name: string }; spec?: unknown }[];
};

export type StatefulSet = Manifest & { spec: SetSpec };

/** The objects of a rendered chart. Documents without a kind are left out, as Helm leaves them. */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((object): object is Manifest => typeof object?.kind === "string");
}

export function statefulSets(manifests: readonly Manifest[]): StatefulSet[] {
  return manifests.filter((object): object is StatefulSet => object.kind === "StatefulSet");
}

export function nameOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.name}`;
}

/** All containers of a pod, in the order in which they run. */
export function containersOf({ initContainers = [], containers }: PodSpec): Container[] {
  return [...initContainers, ...containers];
}
