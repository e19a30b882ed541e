/** What every object of the API has, as far as it is looked at here. */
export type Metadata = {
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  creationTimestamp: string;
  deletionTimestamp?: string;
  ownerReferences?: OwnerReference[];
  managedFields?: ManagedFields[];
};

export type ManagedFields = { manager: string; operation: string; fieldsV1?: object };

export type OwnerReference = { kind: string; name: string; uid: string; controller?: boolean };

export type KubeObject = { apiVersion: string; kind: string; metadata: Metadata };

/** An object as it is given to the API server, which adds the rest. */
export type Draft<Kind extends KubeObject = KubeObject> = Omit<Kind, "metadata"> & {
  metadata: Partial<Metadata> & Pick<Metadata, "name">;
};

/** A kind of objects and where the API has them. */
export type Resource<Kind extends KubeObject = KubeObject> = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Never there: it ties the type of the objects to the resource. */
  readonly of?: Kind;
};

/** One object's name. */
export type Ref<Kind extends KubeObject = KubeObject> = {
  resource: Resource<Kind>;
  name: string;
  namespace?: string;
};

export type ContainerStatus = {
  name: string;
  ready: boolean;
  /** Whether its startup probe has succeeded. */
  started?: boolean;
  restartCount: number;
  image: string;
  state?: Record<string, { reason?: string; message?: string; exitCode?: number }>;
};

export type Condition = { type: string; status: string; reason?: string; message?: string };

export type Container = { name: string; image: string };

type Source = { configMap?: { name?: string }; serviceAccountToken?: object };

/** A volume, as far as it is made of ConfigMaps. */
export type ConfigVolume = Source & { name: string; projected?: { sources?: Source[] } };

export type Pod = KubeObject & {
  spec: {
    nodeName?: string;
    containers: Container[];
    initContainers?: Container[];
    volumes?: ConfigVolume[];
  };
  status?: {
    phase?: string;
    podIP?: string;
    conditions?: Condition[];
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
};

/** Of pods, by their labels. */
type Selector = {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
};

export type StatefulSet = KubeObject & {
  spec: {
    replicas?: number;
    /** The number of its first pod, where it is not 0. */
    ordinals?: { start?: number };
    selector: Selector;
    updateStrategy?: { type?: string; rollingUpdate?: { partition?: number } };
    template: { metadata?: Partial<Metadata>; spec: Pod["spec"] };
  };
  status?: {
    observedGeneration?: number;
    replicas: number;
    readyReplicas?: number;
    updatedReplicas?: number;
    currentRevision?: string;
    updateRevision?: string;
  };
};

export type DisruptionBudget = KubeObject & {
  spec: {
    minAvailable?: number | string;
    maxUnavailable?: number | string;
    selector?: Selector;
  };
  status?: { observedGeneration?: number; disruptionsAllowed: number };
};

export type Event = KubeObject & {
  involvedObject: { kind: string; name: string; uid?: string };
  type?: string;
  reason?: string;
  message?: string;
  count?: number;
  lastTimestamp?: string | null;
  eventTime?: string | null;
};

/** A Secret has its values in base64, a ConfigMap as they are. */
export type Keeper = KubeObject & { data?: Record<string, string>; type?: string };

function namespaced<Kind extends KubeObject>(apiVersion: string, kind: string, plural: string) {
  return { apiVersion, kind, plural, namespaced: true } satisfies Resource as Resource<Kind>;
}

export const pods = namespaced<Pod>("v1", "Pod", "pods");
export const events = namespaced<Event>("v1", "Event", "events");
export const secrets = namespaced<Keeper>("v1", "Secret", "secrets");
export const configMaps = namespaced<Keeper>("v1", "ConfigMap", "configmaps");
export const statefulSets = namespaced<StatefulSet>("apps/v1", "StatefulSet", "statefulsets");
export const disruptionBudgets = namespaced<DisruptionBudget>(
  "policy/v1",
  "PodDisruptionBudget",
  "poddisruptionbudgets",
);

/** The path of a collection, in one namespace or in all. */
export function collectionPath({ apiVersion, plural }: Resource, namespace?: string): string {
  const place = namespace ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${versionPath(apiVersion)}${place}/${plural}`;
}

export function objectPath({ resource, namespace, name }: Ref): string {
  return `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
}

/** Where a version of a group of the API is: the core group has a root of its own. */
export function versionPath(apiVersion: string): string {
  return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** How a person would call it: `StatefulSet axon/validator-0`. */
export function nameOf({ resource, namespace, name }: Ref): string {
  return `${resource.kind} ${namespace ? `${namespace}/` : ""}${name}`;
}

/** The ConfigMaps that a pod cannot start without. */
export function configurationsOf({ volumes = [] }: { volumes?: ConfigVolume[] }): string[] {
  return volumes.flatMap(sourcesOf);
}

function sourcesOf({ configMap, projected }: ConfigVolume): string[] {
  const parts = projected?.sources?.map((source) => source.configMap?.name) ?? [];
  return [configMap?.name, ...parts].filter((name) => name !== undefined);
}
