/** A resource of a cluster, as its API gives it. */
export type KubeObject = {
  apiVersion?: string;
  kind?: string;
  metadata: Metadata;
  // biome-ignore lint/suspicious/noExplicitAny: each kind has its own, and the API checks it.
  [field: string]: any;
};

export type Metadata = {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  // biome-ignore lint/suspicious/noExplicitAny: what no part of the world looks at.
  [field: string]: any;
};

export type KubeList = { metadata: { resourceVersion: string }; items: KubeObject[] };
