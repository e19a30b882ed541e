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

/** A set of the release as the chart renders it, with the volume that it will claim. */
export type Rendered = {
  name: string;
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

  /** Its sets of these components, as the chart renders them. Throws `claims-nothing`. */
  async sets(components: readonly ("validator" | "sync")[]): Promise<Rendered[]> {
    const capabilities: Capabilities = await capabilitiesOf(this.#kube);
    const text = await this.#helm.template(this.#release({}), capabilities);
    return parseAllDocuments(text)
      .map((document) => document.toJS() as SetManifest | null)
      .filter((each): each is SetManifest => each?.kind === "StatefulSet")
      .filter((each) => components.some((component) => isOf(component, each)))
      .map(renderedOf);
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

  async #running(): Promise<StatefulSet[]> {
    const { namespace, release } = this.#inputs;
    const labels = `app.kubernetes.io/instance=${release}`;
    const sets = await this.#kube.list(statefulSets, { namespace, labels });
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

type SetManifest = {
  kind: string;
  metadata: { name: string; annotations?: Record<string, string>; labels?: Record<string, string> };
  spec: {
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

function isOf(component: string, { metadata }: SetManifest): boolean {
  return metadata.labels?.["app.kubernetes.io/component"] === component;
}

function renderedOf({ metadata, spec }: SetManifest): Rendered {
  const [template] = spec.volumeClaimTemplates ?? [];
  const { name } = metadata;
  if (!template) throw claimsNothing(name);
  return {
    name,
    validator: metadata.annotations?.[PUBLIC_KEY]?.toLowerCase() ?? null,
    image: spec.template.spec.containers[0]?.image ?? "",
    claim: {
      name: `${template.metadata.name}-${name}-0`,
      labels: template.metadata.labels ?? {},
      spec: template.spec,
    },
    template: spec.template,
  };
}

function claimsNothing(name: string): ActionError {
  return new ActionError("claims-nothing", {
    what: `StatefulSet ${name} claims no volume of its own.`,
    why: "`existingClaim` names a volume that is there already; a restore makes its own.",
    next: "Leave `existingClaim` out of the values of a restored chain.",
  });
}
