import { ActionError, type Context } from "@playbook/action";
import { type Like, NodeRpc } from "@playbook/backup";
import {
  type ConfigVolume,
  configMaps,
  configurationsOf,
  type KubeClient,
  mergeAsRead,
  type Pod,
  pods,
  replicasOf,
  type StatefulSet,
  statefulSets,
  until,
} from "@playbook/kube";
import { FENCED, PUBLIC_KEY, partingClient } from "@playbook/rollout";
import { specIn } from "./chain-spec.ts";
import { imageOf } from "./image.ts";

/** On a set that was stopped for a backup: how many pods it had, and for which backup. */
const STOPPED = "playbook/backup-stopped";

/** What our own chart labels sets by, and those of its nodes without a vote. */
const COMPONENT = "app.kubernetes.io/component";
const FOLLOWERS = ["sync", "rpc"];

/** How long a pod may take to be gone beyond its grace period, and that where a set says none. */
const GONE_MS = 3 * 60_000;
const GRACE_SECONDS = 30;

type Stopped = { backup: string; replicas: number };

export type SourceInputs = {
  namespace: string;
  release: string;
  source?: string | undefined;
  rpcPort: number;
};

/** The node whose data is backed up, by its StatefulSet. */
export class Source {
  readonly #kube: KubeClient;
  readonly #inputs: SourceInputs;
  readonly #context: Context;
  #set: StatefulSet;

  private constructor(kube: KubeClient, inputs: SourceInputs, context: Context, set: StatefulSet) {
    this.#kube = kube;
    this.#inputs = inputs;
    this.#context = context;
    this.#set = set;
  }

  /** Throws `no-source`, `source-fenced`. */
  static async find(kube: KubeClient, inputs: SourceInputs, context: Context): Promise<Source> {
    const { namespace, release, source: name = `${release}-sync` } = inputs;
    const set = await kube.find({ resource: statefulSets, name, namespace });
    if (!set) throw noSource(name, namespace);
    checkOpen(set);
    return new Source(kube, inputs, context, set);
  }

  get name(): string {
    return this.#set.metadata.name;
  }

  get pod(): string {
    return `${this.name}-0`;
  }

  /**
   * The public key of the validator that it is; undefined for a node without a vote. Throws
   * `source-nameless` for a set that says neither: whoever is no follower may vote.
   */
  get validator(): string | undefined {
    const key = keyOf(this.#set);
    const isFollower = FOLLOWERS.includes(this.#set.metadata.labels?.[COMPONENT] ?? "");
    if (key === undefined && !isFollower) throw nameless(this.name);
    return key;
  }

  /** The chart that made it, as Helm labels it; empty when none did. */
  get chart(): string {
    return this.#set.metadata.labels?.["helm.sh/chart"] ?? "";
  }

  /** Changes with whatever is asked of the set. */
  get generation(): number {
    return this.#set.metadata.generation ?? 0;
  }

  /** What a run before has stopped and not started again; undefined when it is as it should be. */
  get stopped(): Stopped | undefined {
    return stoppedIn(this.#set);
  }

  /** The claim of its data, by how StatefulSets name what they claim. */
  get claim(): string {
    const { volumeClaimTemplates = [], template } = this.#set.spec as ClaimingSpec;
    const volumes = template.spec.volumes ?? [];
    const named = volumes.flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? []);
    const [own] = volumeClaimTemplates;
    return named[0] ?? `${own?.metadata.name ?? "data"}-${this.pod}`;
  }

  /** What of its pod counts for another one that reads its volume. */
  get like(): Like {
    const { spec } = this.#set.spec.template as { spec: Like };
    const { securityContext, nodeSelector, tolerations, imagePullSecrets } = spec;
    return {
      ...(securityContext && { securityContext }),
      ...(nodeSelector && { nodeSelector }),
      ...(tolerations && { tolerations }),
      ...(imagePullSecrets && { imagePullSecrets }),
    };
  }

  async refresh(): Promise<void> {
    this.#set = await this.#kube.get(this.#ref);
  }

  /** Throws `source-not-running`. */
  async image(): Promise<string> {
    const pod = await this.#kube.find({ resource: pods, ...this.#podName });
    const [own] = (this.#set.spec as ClaimingSpec).template.spec.containers;
    return imageOf(pod, this.pod, own?.name);
  }

  /** The chain spec that it was given; empty, with a warning, where none can be told. */
  async chainSpec(): Promise<string> {
    const { namespace } = this.#inputs;
    const names = configurationsOf((this.#set.spec as ClaimingSpec).template.spec);
    const maps = await Promise.all(
      names.map((name) => this.#kube.find({ resource: configMaps, name, namespace })),
    );
    const found = specIn(maps.flatMap((map) => map ?? []));
    if ("spec" in found) return found.spec;
    this.#context.warn(noSpec(this.name, found.lack));
    return "";
  }

  rpc(): NodeRpc {
    const { namespace, rpcPort: port } = this.#inputs;
    return new NodeRpc(this.#kube.connection, { namespace, pod: this.pod, port }, this.#context);
  }

  /** Throws `source-not-one` where stopping it would stop more than one node, or none. */
  checkSingle(): void {
    const replicas = this.stopped?.replicas ?? replicasOf(this.#set);
    if (replicas !== 1) throw notOne(this.name, replicas);
  }

  /**
   * Stops it for a backup and sees its pod gone. Throws `source-changed` when somebody has asked
   * something else of the set since it was looked at, `source-fenced` when it was shut meanwhile.
   */
  async stop(backup: string): Promise<void> {
    const seen = this.#set;
    const stopped: Stopped = { backup, replicas: replicasOf(seen) };
    this.#set = await mergeAsRead(this.#kube, this.#ref, seen, (now) => {
      checkOpen(now);
      if (!isAsked(now, seen)) throw sourceChanged(this.name);
      const annotations = { [STOPPED]: JSON.stringify(stopped) };
      return { metadata: { annotations }, spec: { replicas: 0 } };
    });
    await until(
      () => this.#ownPods(),
      (found) => found.length === 0,
      {
        what: `${this.pod} is gone`,
        ...{ deadlineMs: goneWithin(seen), pauseMs: 500, context: this.#context },
      },
    );
  }

  /**
   * Whether it has been at rest since it was stopped: nobody has touched the set, no pod is there.
   */
  async isAtRest(generation: number): Promise<boolean> {
    await this.refresh();
    const found = await this.#ownPods();
    return this.generation === generation && replicasOf(this.#set) === 0 && found.length === 0;
  }

  /**
   * Starts what was stopped, also at the end of a run that was cancelled. Nothing is done to a set
   * that nobody stopped. Throws `source-fenced`: its key may sign elsewhere by now.
   */
  async start(): Promise<void> {
    const kube = partingClient(this.#kube, this.#context);
    const there = await kube.get(this.#ref);
    this.#set = await mergeAsRead(kube, this.#ref, there, (now) => {
      checkOpen(now);
      const stopped = stoppedIn(now);
      if (!stopped) return null;
      const { replicas } = stopped;
      return { metadata: { annotations: { [STOPPED]: null } }, spec: { replicas } };
    });
  }

  async #ownPods(): Promise<Pod[]> {
    const { namespace } = this.#inputs;
    const all = await this.#kube.list(pods, { namespace });
    return all.filter(({ metadata }) => isOf(metadata.name, this.name));
  }

  get #ref() {
    return { resource: statefulSets, name: this.name, namespace: this.#inputs.namespace };
  }

  get #podName() {
    return { name: this.pod, namespace: this.#inputs.namespace };
  }
}

type ClaimingSpec = {
  volumeClaimTemplates?: { metadata: { name: string } }[];
  template: {
    metadata?: { annotations?: Record<string, string> };
    spec: {
      containers: { name: string }[];
      volumes?: Volume[];
      terminationGracePeriodSeconds?: number;
    };
  };
};

type Volume = ConfigVolume & { persistentVolumeClaim?: { claimName: string } };

/** The public key of a validator's set, where it says one. */
export function keyOf({ metadata, spec }: StatefulSet): string | undefined {
  const { template } = spec as ClaimingSpec;
  const own = metadata.annotations?.[PUBLIC_KEY];
  return (own ?? template.metadata?.annotations?.[PUBLIC_KEY])?.toLowerCase();
}

/** In milliseconds. */
export function goneWithin({ spec }: StatefulSet): number {
  const { template } = spec as ClaimingSpec;
  return GONE_MS + 1_000 * (template.spec.terminationGracePeriodSeconds ?? GRACE_SECONDS);
}

function stoppedIn({ metadata }: StatefulSet): Stopped | undefined {
  const text = metadata.annotations?.[STOPPED];
  return text === undefined ? undefined : (JSON.parse(text) as Stopped);
}

function checkOpen({ metadata: { name, annotations } }: StatefulSet): void {
  if (annotations?.[FENCED] !== undefined) throw fenced(name);
}

/** Whether the same is asked of a set as before, whatever its controller has written about it. */
function isAsked(now: StatefulSet, before: StatefulSet): boolean {
  const { uid, generation, annotations } = now.metadata;
  const { metadata } = before;
  const isSame = uid === metadata.uid && generation === metadata.generation;
  return isSame && annotations?.[STOPPED] === metadata.annotations?.[STOPPED];
}

/** `axon-sync-0` is a pod of `axon-sync`; `axon-sync-more-0` is not. */
function isOf(pod: string, set: string): boolean {
  return pod.startsWith(`${set}-`) && /^\d+$/.test(pod.slice(set.length + 1));
}

function noSpec(name: string, lack: string): string {
  return (
    `The backup of ${name} holds no chain spec: ${lack}. The chain is in it all the same, but a ` +
    "restore cannot compare the genesis of its values with the spec. Keep the spec yourself, or " +
    "give it to the node in one ConfigMap."
  );
}

function noSource(name: string, namespace: string): ActionError {
  return new ActionError("no-source", {
    what: `There is no StatefulSet ${name} in ${namespace} to back up.`,
    why:
      "A backup stops a node for a moment: one without a " +
      "vote, the chart's sync node by default.",
    next: "Enable the chart's `syncNode`, or name another set with `source`.",
  });
}

function fenced(name: string): ActionError {
  return new ActionError("source-fenced", {
    what: `The chain of StatefulSet ${name} was shut so that it could be restored elsewhere.`,
    why:
      "A validator that is started for a backup would sign in two places, and a node that only " +
      "follows has a chain that goes on elsewhere.",
    next:
      "Back up the restored chain. Only where nothing was restored, " +
      `take its annotation ${FENCED} away.`,
  });
}

function nameless(name: string): ActionError {
  return new ActionError("source-nameless", {
    what: `Whether StatefulSet ${name} runs a validator is not known.`,
    why:
      `It has no annotation ${PUBLIC_KEY}, and its label ` +
      `${COMPONENT} is not ${FOLLOWERS.join(" or ")}.`,
    next:
      "Annotate it with the validator's public key; if it has " +
      `no vote, label it ${COMPONENT}=sync.`,
  });
}

function notOne(name: string, replicas: number): ActionError {
  return new ActionError("source-not-one", {
    what: `StatefulSet ${name} is to have ${replicas} pods, and not one.`,
    why: "A backup stops all pods of the set that it is made of, and starts them again.",
    next: "Name the set of a single node with `source`, or scale this one to one pod.",
  });
}

function sourceChanged(name: string): ActionError {
  return new ActionError("source-changed", {
    what: `StatefulSet ${name} was changed while its backup was prepared.`,
    why: "A deploy, a person or another backup works on it; it was not stopped.",
    next: "Let that end, and run this again.",
  });
}
