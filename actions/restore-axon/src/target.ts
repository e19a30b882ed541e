import { ActionError, type Context, shipped } from "@playbook/action";
import {
  type Capabilities,
  capabilitiesOf,
  Helm,
  type KubeClient,
  mendRelease,
  pods,
  type StatefulSet,
  statefulSets,
  until,
} from "@playbook/kube";
import { PUBLIC_KEY } from "@playbook/rollout";
import { parseAllDocuments } from "yaml";

const CHART = "actions/helm-rollout-axon/chart";
/** As the chart calls its file. */
const CHAIN_SPEC = "chain-spec.toml";

/** How long a node that is stopped may take to be gone. */
const GONE_MS = 5 * 60_000;

const NOT_STARTED = { rollout: { started: false } };

export type TargetInputs = {
  namespace: string;
  release: string;
  values: string[];
  set: Record<string, unknown>;
  helm: string;
  env: Record<string, string | undefined>;
};

/** What the chart calls its kinds of nodes. */
export type Component = "validator" | "sync" | "rpc";

/** A node of the release as the chart renders its set, with the volume that it will claim. */
export type Rendered = {
  name: string;
  component: Component;
  /** Which of the set's nodes. */
  ordinal: number;
  /** Public key of its validator; null for a node without a vote. */
  validator: string | null;
  image: string;
  claim: { name: string; labels: Record<string, string>; spec: ClaimSpec };
  template: { spec: object };
};

export type ClaimSpec = {
  accessModes: string[];
  storageClassName?: string;
  resources: { requests: { storage: string } };
};

/** The release that a backup is restored into. */
export class Target implements AsyncDisposable {
  readonly #kube: KubeClient;
  readonly #helm: Helm;
  readonly #inputs: TargetInputs;
  readonly #context: Context;
  #objects: Promise<Manifest[]> | undefined;

  private constructor(kube: KubeClient, helm: Helm, inputs: TargetInputs, context: Context) {
    this.#kube = kube;
    this.#helm = helm;
    this.#inputs = inputs;
    this.#context = context;
  }

  static async open(kube: KubeClient, inputs: TargetInputs, context: Context): Promise<Target> {
    const { helm: program, env } = inputs;
    const { connection } = kube;
    const helm = await Helm.open({ program, connection, driver: "configmap", context, env });
    return new Target(kube, helm, inputs, context);
  }

  /** The nodes of these components, as the chart renders their sets. Throws `claims-nothing`. */
  async sets(components: readonly Component[]): Promise<Rendered[]> {
    const objects = await this.#rendered();
    const scalers = objects.filter(({ kind }) => kind === "HorizontalPodAutoscaler");
    return objects
      .filter((each): each is SetManifest => each.kind === "StatefulSet")
      .flatMap((set) => {
        const component = components.find((each) => isOf(each, set));
        return component ? nodesOf(set, component, replicasIn(set, scalers)) : [];
      });
  }

  /** What nodes without data begin with, as the chart renders it. */
  async chainSpec(): Promise<string> {
    const objects = await this.#rendered();
    return objects.flatMap(({ data }) => data?.[CHAIN_SPEC] ?? [])[0] ?? "";
  }

  #rendered(): Promise<Manifest[]> {
    this.#objects ??= this.#render();
    return this.#objects;
  }

  async #render(): Promise<Manifest[]> {
    const capabilities: Capabilities = await capabilitiesOf(this.#kube);
    const text = await this.#helm.template(this.#release({}), capabilities);
    // As Kubernetes reads it.
    return parseAllDocuments(text, { version: "1.1" })
      .map((document) => document.toJS() as Manifest | null)
      .filter((each) => each !== null);
  }

  /** Makes the release with every set at nothing; nodes that run are left alone. */
  async install(): Promise<void> {
    const { release: name, namespace } = this.#inputs;
    const release = { name, namespace };
    await mendRelease(this.#kube, { release, drivers: ["configmap"], context: this.#context });
    const running = await this.#running();
    if (running.length > 0) return;
    await this.#helm.upgrade({ ...this.#release(NOT_STARTED), forceConflicts: true });
  }

  /** Makes the release as its values say, everything started. */
  async handOver(): Promise<void> {
    await this.#helm.upgrade({ ...this.#release({}), forceConflicts: true });
  }

  async start(set: string): Promise<void> {
    await this.#scale(set, 1);
  }

  async stop(set: string): Promise<void> {
    await this.#scale(set, 0);
  }

  /** Stops these sets and sees their pods gone. */
  async gone(sets: readonly string[]): Promise<void> {
    const { namespace } = this.#inputs;
    for (const set of sets) await this.stop(set);
    await until(
      () =>
        Promise.all(
          sets.map((set) => this.#kube.find({ resource: pods, name: `${set}-0`, namespace })),
        ),
      (found) => found.every((pod) => pod === undefined),
      { what: `${sets.join(", ")} are stopped`, deadlineMs: GONE_MS, context: this.#context },
    );
  }

  async uninstall(): Promise<void> {
    const { release: name, namespace } = this.#inputs;
    await this.#helm.uninstall({ name, namespace });
  }

  /** The release's sets that are there. */
  there(): Promise<StatefulSet[]> {
    const { namespace, release } = this.#inputs;
    const labels = `app.kubernetes.io/instance=${release}`;
    return this.#kube.list(statefulSets, { namespace, labels });
  }

  async #running(): Promise<StatefulSet[]> {
    const sets = await this.there();
    return sets.filter(({ spec }) => (spec.replicas ?? 1) > 0);
  }

  async #scale(name: string, replicas: number): Promise<void> {
    const ref = { resource: statefulSets, name, namespace: this.#inputs.namespace };
    await this.#kube.merge(ref, { spec: { replicas } });
  }

  #release(over: object) {
    const { release: name, namespace, values, set } = this.#inputs;
    return { name, namespace, chart: shipped(CHART), values: [...values, set, over] };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#helm[Symbol.asyncDispose]();
  }
}

type Manifest = {
  kind: string;
  metadata: { name: string; annotations?: Record<string, string>; labels?: Record<string, string> };
  spec?: unknown;
  data?: Record<string, string>;
};

type SetManifest = Manifest & {
  spec: {
    replicas?: number;
    template: {
      metadata?: { labels?: Record<string, string> };
      spec: {
        containers: { image: string }[];
        volumes?: { name: string; persistentVolumeClaim?: { claimName: string } }[];
      };
    };
    volumeClaimTemplates?: {
      metadata: { name: string; labels?: Record<string, string> };
      spec: ClaimSpec;
    }[];
  };
};

type Scaler = { minReplicas?: number; scaleTargetRef: { name: string } };

function isOf(component: Component, { metadata }: Manifest): boolean {
  return metadata.labels?.["app.kubernetes.io/component"] === component;
}

/** How many nodes a set has at first: where an autoscaler decides it, the fewest. */
function replicasIn({ metadata, spec }: SetManifest, scalers: readonly Manifest[]): number {
  const own = scalers
    .map((scaler) => scaler.spec as Scaler)
    .find(({ scaleTargetRef }) => scaleTargetRef.name === metadata.name);
  return spec.replicas ?? own?.minReplicas ?? 1;
}

function nodesOf(
  { metadata, spec }: SetManifest,
  component: Component,
  replicas: number,
): Rendered[] {
  const [template] = spec.volumeClaimTemplates ?? [];
  const { name } = metadata;
  if (!template) throw claimsNothing(name);
  return Array.from({ length: replicas }, (_, ordinal) => ({
    ...{ name, component, ordinal },
    validator: metadata.annotations?.[PUBLIC_KEY]?.toLowerCase() ?? null,
    image: spec.template.spec.containers[0]?.image ?? "",
    claim: {
      name: `${template.metadata.name}-${name}-${ordinal}`,
      labels: template.metadata.labels ?? {},
      spec: template.spec,
    },
    template: spec.template,
  }));
}

function claimsNothing(name: string): ActionError {
  return new ActionError("claims-nothing", {
    what: `StatefulSet ${name} claims no volume of its own.`,
    why: "`existingClaim` names a volume that is there already; a restore makes its own.",
    next: "Leave `existingClaim` out of the values of a restored chain.",
  });
}
