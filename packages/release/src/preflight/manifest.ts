import { parseAllDocuments, type Tags } from "yaml";
import { soundClaims, soundPod } from "./pods/shape.ts";
import type { NodeTerm } from "./room/node-terms.ts";
import type { Spread } from "./room/spread.ts";

/** An object as a chart renders it or the API server has it, as far as it is judged here. */
export type Manifest = {
  apiVersion?: string;
  kind: string;
  metadata: {
    name: string;
    /** Without one it is in the release's. */
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec?: unknown;
  data?: Record<string, string>;
  stringData?: Record<string, string>;
  /** In base64. */
  binaryData?: Record<string, string>;
  immutable?: boolean;
};

export type Mount = {
  name: string;
  mountPath: string;
  subPath?: string;
  subPathExpr?: string;
  readOnly?: boolean;
};

export type Variable = {
  name: string;
  value?: string;
  valueFrom?: {
    secretKeyRef?: { name?: string; key: string };
    configMapKeyRef?: { name?: string; key: string };
    fieldRef?: { fieldPath: string };
  };
};

type Hook = { exec?: { command?: string[] } };

export type Container = {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  /** Of one that runs before the others: whether it goes on beside them. */
  restartPolicy?: string;
  env?: Variable[];
  envFrom?: { secretRef?: { name: string }; configMapRef?: { name: string } }[];
  ports?: { containerPort?: number; hostPort?: number; protocol?: string; hostIP?: string }[];
  lifecycle?: { postStart?: Hook; preStop?: Hook };
  livenessProbe?: Hook;
  readinessProbe?: Hook;
  startupProbe?: Hook;
  volumeMounts?: Mount[];
  securityContext?: { readOnlyRootFilesystem?: boolean };
  resources?: {
    requests?: Record<string, string | number>;
    limits?: Record<string, string | number>;
  };
};

/** A file of a volume: the entry that it is, and where it lies. */
type Item = { key: string; path?: string };

/** What a volume is made of; exactly one of its sources is there. */
export type Volume = {
  name: string;
  configMap?: { name?: string; items?: Item[] };
  secret?: { secretName?: string; items?: Item[] };
  persistentVolumeClaim?: { claimName: string; readOnly?: boolean };
  csi?: { driver: string; volumeAttributes?: Record<string, string> };
  projected?: {
    sources?: {
      secret?: { name?: string; items?: Item[] };
      configMap?: { name?: string; items?: Item[] };
    }[];
  };
  hostPath?: { path: string };
  emptyDir?: object;
  /** A claim that goes with its pod. */
  ephemeral?: object;
};

export type PodSpec = {
  containers: Container[];
  initContainers?: Container[];
  volumes?: Volume[];
  nodeSelector?: Record<string, string>;
  tolerations?: { key?: string; operator?: string; value?: string; effect?: string }[];
  serviceAccountName?: string;
  nodeName?: string;
  hostNetwork?: boolean;
  priorityClassName?: string;
  terminationGracePeriodSeconds?: number;
  activeDeadlineSeconds?: number;
  topologySpreadConstraints?: Spread[];
  affinity?: {
    nodeAffinity?: {
      requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms: NodeTerm[] };
    };
    podAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: Term[] };
    podAntiAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: Term[] };
  };
};

/** Pods that may not share a place, or have to, by a label of nodes. */
export type Term = {
  topologyKey: string;
  labelSelector?: { matchLabels?: Record<string, string> };
  namespaces?: string[];
  namespaceSelector?: object;
};

export type SetSpec = {
  replicas?: number;
  ordinals?: { start?: number };
  serviceName?: string;
  podManagementPolicy?: string;
  selector: { matchLabels?: Record<string, string> };
  updateStrategy?: { type?: string; rollingUpdate?: { partition?: number } };
  template: {
    metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
    spec: PodSpec;
  };
  volumeClaimTemplates?: { metadata: { name: string }; spec?: unknown }[];
  persistentVolumeClaimRetentionPolicy?: { whenDeleted?: string; whenScaled?: string };
};

export type StatefulSet = Manifest & { spec: SetSpec };

/**
 * Kubernetes and Helm read YAML 1.1, in which `yes` is true and 0440 is octal, but for its times
 * and its numbers to the base of 60. Source: sigs.k8s.io/yaml, a fork of go-yaml 2.
 */
const DIALECT = {
  version: "1.1",
  merge: true,
  customTags: (tags: Tags): Tags => tags.filter((tag) => !isOfTime(tag)),
} as const;

function isOfTime(tag: Tags[number]): boolean {
  if (typeof tag === "string") return tag === "timestamp" || /time$/i.test(tag);
  return tag.tag.endsWith(":timestamp") || ("format" in tag && tag.format === "TIME");
}

/**
 * The objects of a rendered chart, those of lists one by one. Documents without a kind are left
 * out, as Helm leaves them, and so is what is null: to Kubernetes it is not there.
 */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text, DIALECT)
    .flatMap((document) => unfolded(withoutNulls(document.toJS())))
    .map((object) => soundPods({ ...object, ...textsOnly(object) }));
}

/** The same as they are written, right or wrong: as the API server is given them. */
export function parseObjects(text: string): Manifest[] {
  return parseAllDocuments(text, DIALECT)
    .flatMap((document) => unfolded(document.toJS()))
    .filter(({ metadata }) => isRecord(metadata));
}

function soundPods(object: Manifest): Manifest {
  const pod = podSpecOf(object);
  if (!pod) return object;
  const { spec } = object as StatefulSet;
  Object.assign(pod, soundPod(pod));
  const { template } = spec;
  if (isRecord(template?.metadata))
    Object.assign(template, { metadata: marksIn(template.metadata) });
  const templates = soundClaims(spec.volumeClaimTemplates);
  if (templates) Object.assign(spec, { volumeClaimTemplates: templates });
  return object;
}

function unfolded(object: unknown): Manifest[] {
  if (!isRecord(object) || typeof object.kind !== "string") return [];
  const { kind, items } = object;
  if (kind.endsWith("List") && Array.isArray(items)) return items.flatMap(unfolded);
  return [object as Manifest];
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls);
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutNulls(item)]));
}

const TEXTS = ["data", "stringData", "binaryData"] as const;

/** Numbers among what has to be text are read as text, and what has no name as one without. */
function textsOnly({ metadata, ...object }: Manifest): Partial<Manifest> {
  const files = TEXTS.filter((field) => isRecord(object[field]));
  const { name = "", labels, annotations } = isRecord(metadata) ? metadata : ({} as never);
  return {
    ...Object.fromEntries(files.map((field) => [field, written(object[field])])),
    metadata: {
      ...{ ...metadata, name },
      ...(labels && { labels: written(labels) }),
      ...(annotations && { annotations: written(annotations) }),
    },
  };
}

/** The labels and annotations of pods, as text. */
function marksIn({ labels, annotations, ...metadata }: Record<string, unknown>) {
  return {
    ...metadata,
    ...(isRecord(labels) && { labels: written(labels) }),
    ...(isRecord(annotations) && { annotations: written(annotations) }),
  };
}

function written(record: Record<string, unknown> | undefined): Record<string, string> {
  const asText = (value: unknown) => (isRecord(value) ? JSON.stringify(value) : `${value}`);
  return Object.fromEntries(
    Object.entries(record ?? {}).map(([key, value]) => [key, asText(value)]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Kubernetes' own: operators have kinds of that name, whose pods they replace in their own ways.
 */
export function statefulSets(manifests: readonly Manifest[]): StatefulSet[] {
  return manifests.filter(
    (object): object is StatefulSet =>
      object.kind === "StatefulSet" && isOwn(object) && podSpecOf(object) !== undefined,
  );
}

/** Whether a kind is one of Kubernetes itself, by its group. */
export function isOwn({ apiVersion = "v1" }: Manifest): boolean {
  return /^(?:v1|(?:apps|batch)\/\w+)$/.test(apiVersion);
}

/** The pods that an object makes, if it makes any: a kind of its own may call other things so. */
export function podSpecOf({ kind, spec }: Manifest): PodSpec | undefined {
  const job = kind === "CronJob" ? at(spec, "jobTemplate", "spec") : spec;
  const pod = kind === "Pod" ? spec : at(job, "template", "spec");
  return Array.isArray(at(pod, "containers")) ? (pod as PodSpec) : undefined;
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce((found, key) => (isRecord(found) ? found[key] : undefined), value);
}

export function nameOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.name}`;
}

/** All containers of a pod, in the order in which they run. */
export function containersOf({ initContainers = [], containers }: PodSpec): Container[] {
  return [...initContainers, ...containers];
}
