import { ActionError, type Context } from "@playbook/action";
import { AxonChain, type Build, type Member, type Metadata, readBuild } from "@playbook/axon";
import { begin, type Insight, look, type Memory, type View } from "@playbook/bft";
import { type JsonRpc, KubeClient, podRpc, statefulSets, until } from "@playbook/kube";
import {
  isObserved,
  Observer,
  type Post,
  PUBLIC_KEY,
  placesOf,
  type Scene,
  Snapshots,
} from "@playbook/rollout";
import { connect, type Way } from "./cluster.ts";
import type { KeyPlace } from "./key-volume.ts";
import type { Wanted } from "./wanted.ts";

export type Inputs = Way & {
  mode: "plan" | "apply";
  namespace: string;
  /** Without it, the set as it is. */
  validators?: Wanted[] | undefined;
  publicKeys: ReadonlyMap<string, string>;
  minValidators: number;
  signerImage?: string | undefined;
  keyVolumes: string[];
  keyFile: string;
  acceptSet: boolean;
  stopRemoved: boolean;
  epochBlocks?: number | undefined;
  epochWait: number;
  rpcPort: number;
  p2pPort: number;
  patience: number;
  /** Which run it is, for whoever reads the record. */
  run: string;
};

/** A node in step is at most so many blocks behind, or so many milliseconds' worth of blocks. */
const LAG = { blocks: 2, ms: 3_000 };

/** A chain of which no node answers for so long is not looked at any further. */
const SILENCE_MS = 120_000;

/** What is there at one moment. */
export type Look = { seen: Insight; scene: Scene };

/** A chain's nodes in one namespace, and what they say of the chain. */
export class LiveChain implements Disposable {
  readonly kube: KubeClient;
  readonly namespace: string;
  readonly #chain = new AxonChain({ fresh: true });
  readonly #observer: Observer;
  readonly #context: Context;
  readonly #port: number;
  readonly #lines = new Map<string, JsonRpc>();
  #memory: Memory | undefined;
  #last: Look | undefined;

  private constructor(kube: KubeClient, inputs: Inputs, sets: Set<string>, context: Context) {
    const { namespace, publicKeys: named, rpcPort: port } = inputs;
    this.kube = kube;
    this.namespace = namespace;
    this.#context = context;
    this.#port = port;
    const target = { namespace, named, port, isValidator: (name: string) => sets.has(name) };
    const snapshots = new Snapshots(kube, { namespace, wanted: false });
    this.#observer = new Observer(kube, this.#chain, target, snapshots, context);
  }

  /** Finds the sets whose pods have a key that is known. Throws `no-nodes`. */
  static async open(inputs: Inputs, context: Context): Promise<LiveChain> {
    const kube = new KubeClient(await connect(inputs, context), context);
    const { namespace, publicKeys } = inputs;
    const all = await kube.list(statefulSets, { namespace });
    const known = all.filter(
      (set) =>
        set.metadata.annotations?.[PUBLIC_KEY] ||
        set.spec.template.metadata?.annotations?.[PUBLIC_KEY] ||
        placesOf([set]).some(({ pod }) => publicKeys.has(pod)),
    );
    if (known.length === 0) throw noNodes(namespace);
    const names = new Set(known.map(({ metadata }) => metadata.name));
    return new LiveChain(kube, inputs, names, context);
  }

  get metadata(): Metadata {
    return this.#chain.metadata;
  }

  /** The set in force, in the chain's own order. */
  get members(): readonly Member[] {
    return this.metadata.verifier_list;
  }

  /** How many blocks it takes until everybody who votes is sure to have been seen. */
  get window(): number {
    return 2 * this.members.length;
  }

  /** Whether enough blocks came, since this set is in force, to have seen everybody who votes. */
  isKnown({ seen }: Look): boolean {
    return seen.head > this.#chain.since + this.window;
  }

  /** Looks at the cluster and the nodes. Throws `not-in-time` when no node answers. */
  async look(): Promise<Look> {
    const { view, scene } = await this.#view();
    this.#memory ??= begin(view);
    const lag = Math.max(LAG.blocks, Math.ceil(LAG.ms / Math.max(1, view.timing.interval)));
    const { memory, seen } = look(this.#memory, view, { lag, window: this.window });
    this.#memory = memory;
    this.#last = { seen, scene };
    return this.#last;
  }

  async #view(): Promise<{ view: View; scene: Scene }> {
    const answered = await until(
      async () => {
        const scene = await this.#observer.scene();
        if (!scene.sets.every(isObserved)) return null;
        const found = await this.#observer.look(scene).catch((error) => {
          if (this.#context.signal.aborted || error instanceof ActionError) throw error;
          return null;
        });
        const heights = [...(found?.view.nodes.values() ?? [])].map(({ height }) => height);
        return heights.some((height) => height !== null) ? found : null;
      },
      (found) => found !== null,
      { what: "a node answers", deadlineMs: SILENCE_MS, pauseMs: 500, context: this.#context },
    );
    if (!answered) throw new Error("A look that was awaited is not there.");
    return answered;
  }

  /** The validator's place in the cluster, if it has one here. */
  postOf(id: string): Post | undefined {
    return this.#last?.scene.posts.find((post) => post.id === id);
  }

  /** Asks whoever is furthest. */
  async ask<Result>(method: string, params: unknown[] = []): Promise<Result> {
    const nodes = [...(this.#last?.seen.nodes.values() ?? [])];
    const [best] = nodes.sort((one, other) => (other.height ?? -1) - (one.height ?? -1));
    const pod = best && this.postOf(best.id)?.place.pod;
    if (!pod) throw noNodes(this.namespace);
    return this.#line(pod).call<Result>(method, params);
  }

  /** Tells all nodes that answer; what they say to it, by pod. */
  async tell(method: string, params: unknown[]): Promise<string[]> {
    const nodes = [...(this.#last?.seen.nodes.values() ?? [])];
    const there = nodes.filter(({ height }) => height !== null);
    return Promise.all(
      there.map(async ({ id }) => {
        const pod = this.postOf(id)?.place.pod ?? "";
        const said = this.#line(pod).call(method, params);
        return said.then(String, (error: Error) => `${pod}: ${error.message}`);
      }),
    );
  }

  /** Whose builds have proposed the latest blocks: those of everybody's turn to lead. */
  async builds(): Promise<Set<Build>> {
    const head = this.#last?.seen.head ?? 0;
    const found = new Set<Build>();
    for (let height = Math.max(1, head - this.window); height <= head; height += 1) {
      found.add(readBuild(await this.ask("axon_getBlockById", [`0x${height.toString(16)}`])));
    }
    return found;
  }

  #line(pod: string): JsonRpc {
    const known = this.#lines.get(pod);
    if (known) return known;
    const target = { namespace: this.namespace, pod, port: this.#port };
    const line = podRpc(this.kube.connection, target, this.#context);
    this.#lines.set(pod, line);
    return line;
  }

  [Symbol.dispose](): void {
    this.#observer[Symbol.dispose]();
    for (const line of this.#lines.values()) line[Symbol.dispose]();
  }
}

/** Whom people know a validator as. */
export function nameOf(id: string, chain: LiveChain, wanted: readonly Wanted[]): string {
  const given = wanted.find(({ pub_key }) => pub_key === id)?.name;
  return given || chain.postOf(id)?.place.pod || `${id.slice(0, 12)}…`;
}

/** Where the validators' pods have their network keys. */
export function keyPlaceOf({ keyVolumes, keyFile }: Inputs): KeyPlace {
  return { volumes: keyVolumes, file: keyFile };
}

/** What the set is to be: what is given, or what it is. */
export function wantedOf({ validators }: Inputs, chain: LiveChain): Wanted[] {
  return validators ?? chain.members.map((member) => ({ ...member, name: "" }));
}

/** How few validators there may be: a set that is taken as it is may be of any size. */
export function fewestOf({ validators, minValidators }: Inputs): number {
  return validators ? minValidators : 0;
}

function noNodes(namespace: string): ActionError {
  return new ActionError("no-nodes", {
    what: `There are no nodes of a chain in namespace ${namespace}.`,
    why: "No StatefulSet there has the annotation axon/public-key, and none is named in the input.",
    next: 'Correct "namespace", or give the pods of a chart of your own with "public-keys".',
  });
}
