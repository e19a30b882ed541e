import { ActionError, type Context } from "@playbook/action";
import type { Session } from "@playbook/aws";
import { metadataAt } from "@playbook/axon";
import {
  connect,
  type Fence,
  fenceOf,
  headOf,
  isSilence,
  type Manifest,
  NodeRpc,
  type Old,
} from "@playbook/backup";
import type { ValidatorSet } from "@playbook/bft";
import {
  isConflict,
  KubeClient,
  type Pod,
  pods,
  type StatefulSet,
  statefulSets,
  until,
} from "@playbook/kube";
import { FENCED, selects } from "@playbook/rollout";
import { type Destination, markFor, otherDestination, restoredElsewhere } from "./destination.ts";
import { incomplete, otherChain, signs, unknown } from "./old-chain-errors.ts";
import {
  FENCED_REPLICAS,
  isFollower,
  isShutFor,
  isValidator,
  keyedPod,
  keyedSet,
  shutSet,
} from "./old-sets.ts";
import { unaccounted } from "./shut-set.ts";
import { votersAfter, votersOver } from "./voters.ts";

export type OldInputs = {
  oldCluster?: string | undefined;
  oldKubeconfig?: string | undefined;
  oldKubeContext?: string | undefined;
  oldNamespace?: string | undefined;
  oldRelease?: string | undefined;
  /** Labels of the sets that run its validators, or of their pods. */
  oldValidators?: Record<string, string> | undefined;
  region: string;
  namespace: string;
  release: string;
  rpcPort: number;
  env: Record<string, string | undefined>;
};

/** Whether anything says where the old chain is. */
export function hasOld(inputs: OldInputs): boolean {
  const { oldCluster, oldKubeconfig, oldKubeContext, oldNamespace } = inputs;
  return [oldCluster, oldKubeconfig, oldKubeContext, oldNamespace].some(Boolean);
}

/** What shuts the old chain, and for what. */
export type Shutting = {
  run: string;
  destination: Destination;
  /** A person's reason why nothing signs for it elsewhere. */
  because: string | undefined;
  deadlineMs: number;
};

/** The API server's own controllers write into a set's status at any time. */
const TRIES = 20;

type Scene = { sets: StatefulSet[]; pods: Pod[]; fence: Fence };

/** The chain that a backup was made of, where it ran until now. */
export class OldChain {
  readonly #kube: KubeClient;
  readonly #inputs: OldInputs;
  readonly #context: Context;

  private constructor(kube: KubeClient, inputs: OldInputs, context: Context) {
    this.#kube = kube;
    this.#inputs = inputs;
    this.#context = context;
  }

  static async open(inputs: OldInputs, session: Session, context: Context): Promise<OldChain> {
    const { oldCluster: cluster, oldKubeconfig, oldKubeContext, region, env } = inputs;
    const own = inputs as { kubeconfig?: string; kubeContext?: string; cluster?: string };
    const named = cluster ?? oldKubeconfig ?? oldKubeContext;
    const way = named
      ? { cluster, region, kubeconfig: oldKubeconfig, kubeContext: oldKubeContext, env }
      : { ...own, region, env };
    return new OldChain(
      new KubeClient(await connect(way, session, context), context),
      inputs,
      context,
    );
  }

  get name(): string {
    return `${this.#kube.connection.cluster}, namespace ${this.#namespace}`;
  }

  get kube(): KubeClient {
    return this.#kube;
  }

  isIn(server: string, namespace: string): boolean {
    return this.#kube.connection.server === server && this.#namespace === namespace;
  }

  /** How far it is, by the farthest of its nodes; null when none answers. Throws `other-chain`. */
  head({ chain, block }: Manifest): Promise<Old> {
    return this.#asked(async (node, { height, timestamp }) => {
      const [genesis, own] = await Promise.all([node.block(0), node.block(block.height)]);
      if (genesis && genesis.hash !== chain.genesisHash) {
        throw otherChain(this.name, genesis.hash, chain.genesisHash);
      }
      return { height, timestamp, hash: own?.hash ?? null };
    });
  }

  /** Who votes from a height up to the backup's; null when it gives no answer. */
  validators({ block }: Manifest, from: number): Promise<ValidatorSet[] | null> {
    return this.#asked(async (node, { height }) => {
      if (height < block.height) return null;
      return votersOver((at) => metadataAt(node, at), from, block.height);
    });
  }

  /** Who votes after the backup's block, where that ends an epoch and the old chain says it. */
  async validatorsAfter({ block }: Manifest): Promise<ValidatorSet | undefined> {
    const next = await this.#asked((node, { height }) =>
      votersAfter(node, block.height, height).then((set) => set ?? null),
    );
    return next ?? undefined;
  }

  async #asked<Answer>(
    ask: (node: NodeRpc, head: { height: number; timestamp: number }) => Promise<Answer | null>,
  ): Promise<Answer | null> {
    const { rpcPort: port, oldValidators } = this.#inputs;
    const namespace = this.#namespace;
    const labels = oldValidators ? "" : `app.kubernetes.io/instance=${this.#release}`;
    const head = await headOf(this.#kube, { namespace, labels, port }, this.#context);
    if (!head) return null;
    const target = { namespace, pod: head.pod, port };
    using node = new NodeRpc(this.#kube.connection, target, this.#context);
    try {
      return await ask(node, head);
    } catch (error) {
      if (this.#context.signal.aborted || !isSilence(error)) throw error;
      return null;
    }
  }

  /** Throws `old-validators-unknown`: that nothing is found proves nothing. */
  async scene(): Promise<Scene> {
    const namespace = this.#namespace;
    const [allSets, allPods] = await Promise.all([
      this.#kube.list(statefulSets, { namespace }),
      this.#kube.list(pods, { namespace }),
    ]);
    const sets = allSets.filter(
      isValidator({ labels: this.#inputs.oldValidators, release: this.#release }),
    );
    if (sets.length === 0) throw unknown(this.name);
    const own = allPods.filter(({ metadata }) =>
      sets.some(({ spec }) => selects(spec.selector.matchLabels, metadata.labels)),
    );
    return { sets, pods: own, fence: fenceOf(sets.map(keyedSet), own.map(keyedPod)) };
  }

  /**
   * That those who are shut are all that have one of these keys. Throws `old-validators-unknown`,
   * `old-validators-missing`; with a person's reason, the latter is a warning.
   */
  async checkAll(keys: readonly string[], because: string | undefined): Promise<void> {
    const { sets } = await this.scene();
    const missing = unaccounted(keys, sets.map(shutSet));
    if (missing.length === 0) return;
    const names = sets.map(({ metadata }) => metadata.name);
    const error = incomplete(this.name, { keys, missing, names });
    if (because === undefined) throw error;
    this.#context.warn(`${error.what} They are taken for gone: ${because}`);
  }

  /**
   * That it is not restored elsewhere already: its keys may sign there. Throws
   * `restored-elsewhere`; with a person's reason that is a warning.
   */
  async checkUnclaimed(destination: Destination, because: string | undefined): Promise<void> {
    const { sets } = await this.scene();
    this.#judgeMarks(sets, destination, because);
  }

  #judgeMarks(
    sets: readonly StatefulSet[],
    destination: Destination,
    because: string | undefined,
  ): void {
    const [where] = sets.flatMap((set) => otherDestination(set, destination) ?? []);
    if (where === undefined) return;
    const error = restoredElsewhere(this.name, where);
    if (because === undefined) throw error;
    this.#context.warn(`${error.what} Nothing is taken to sign there: ${because}`);
  }

  /**
   * Shuts every validator's set, for this restore and no other, and sees every pod gone. Throws
   * `old-cluster-signs`, `restored-elsewhere`.
   */
  async shut({ run, destination, because, deadlineMs }: Shutting): Promise<void> {
    await this.#mark({ run, destination, because });
    let last: Fence = { state: "closing", why: "" };
    await until(
      async () => (await this.scene()).fence,
      (fence) => {
        last = fence;
        return fence.state !== "closing";
      },
      { what: "the old validators are gone", deadlineMs, context: this.#context },
    ).catch((error) => {
      const isLate = error instanceof ActionError && error.code === "not-in-time";
      throw isLate && last.state !== "closed" ? signs(this.name, last.why) : error;
    });
    await this.checkShut(destination);
  }

  /**
   * Each set is changed as it was read: of two restores that begin at once the later one sees the
   * mark of the other.
   */
  async #mark({ run, destination, because }: Omit<Shutting, "deadlineMs">): Promise<void> {
    for (let tries = 1; ; tries++) {
      const { sets } = await this.scene();
      this.#judgeMarks(sets, destination, because);
      const left = sets.filter((set) => !isShutFor(set, destination));
      try {
        for (const set of left) await this.#shutOne(set, { run, destination });
        return;
      } catch (error) {
        if (!isConflict(error) || tries === TRIES) throw error;
      }
    }
  }

  async #shutOne(
    { metadata, spec }: StatefulSet,
    { run, destination }: Pick<Shutting, "run" | "destination">,
  ): Promise<void> {
    const { name, resourceVersion } = metadata;
    const ran = spec.replicas === 0 ? {} : { [FENCED_REPLICAS]: String(spec.replicas ?? 1) };
    const annotations = { [FENCED]: run, ...markFor(destination), ...ran };
    const change = { metadata: { resourceVersion, annotations }, spec: { replicas: 0 } };
    await this.#kube.merge({ resource: statefulSets, name, namespace: this.#namespace }, change);
    this.#context.progress(`${name} of ${this.name} is shut.`);
  }

  /** Throws `old-cluster-signs`, `restored-elsewhere`. */
  async checkShut(destination: Destination): Promise<void> {
    const { sets, fence } = await this.scene();
    if (fence.state !== "closed") throw signs(this.name, fence.why);
    this.#judgeMarks(sets, destination, undefined);
  }

  /**
   * Has the nodes that only follow it backed up no more, now that the chain goes on elsewhere:
   * theirs would be backups of a chain that is no more.
   */
  async retire(run: string): Promise<void> {
    const namespace = this.#namespace;
    const sets = await this.#kube.list(statefulSets, { namespace });
    for (const { metadata } of sets.filter((set) => isFollower(set, this.#release))) {
      if (metadata.annotations?.[FENCED] !== undefined) continue;
      const ref = { resource: statefulSets, name: metadata.name, namespace };
      await this.#kube.merge(ref, { metadata: { annotations: { [FENCED]: run } } });
    }
  }

  get #namespace(): string {
    return this.#inputs.oldNamespace ?? this.#inputs.namespace;
  }

  get #release(): string {
    return this.#inputs.oldRelease ?? this.#inputs.release;
  }
}
