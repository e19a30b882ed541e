import { ActionError, type Context } from "@playbook/action";
import type { Commit, Timing, ValidatorSet, View } from "@playbook/bft";
import {
  type CallOptions,
  type DisruptionBudget,
  disruptionBudgets,
  type JsonRpc,
  type KubeClient,
  type Pod,
  podRpc,
  pods,
  type StatefulSet,
  statefulSets,
} from "@playbook/kube";
import { evictionsBy } from "./budget.ts";
import { followersIn } from "./followers.ts";
import { type Forking, ForkWatch } from "./fork-watch.ts";
import { isSelected } from "./labels.ts";
import {
  isPodOf,
  isWanted,
  memberOf,
  type Post,
  postsOf,
  type Vacancy,
  vacanciesOf,
} from "./layout.ts";
import type { Snapshots } from "./snapshots.ts";
import { Troubles } from "./trouble.ts";

/** Which of a cluster's sets run the validators, and how they are asked. */
export type Target = {
  namespace: string;
  /** Which sets of the namespace run validators, by their names. */
  isValidator: (set: string) => boolean;
  /** Names of pods to public keys, where no annotation says it. */
  named: ReadonlyMap<string, string>;
  /** Port of the JSON-RPC in the pods. */
  port: number;
};

/** What is asked of a node's JSON-RPC. */
export type Ask = (method: string, params?: unknown[]) => Promise<unknown>;

/** How a kind of chain tells who votes. It reads on from where it was. */
export type ChainReader = {
  readonly commits: readonly Commit[];
  readonly set: ValidatorSet;
  readonly timing: Timing;
  read(head: number, ask: Ask): Promise<void>;
  answer(ask: Ask): Promise<{ height: number; peers: number | null }>;
};

/** What is there at one moment. */
export type Scene = {
  sets: StatefulSet[];
  pods: Pod[];
  posts: Post[];
  nameless: string[];
  /** Validators without a place for a pod. */
  vacancies: Vacancy[];
  budgets: DisruptionBudget[];
  /** Nodes of the chain beside the validators. */
  followers: number;
};

type Answer = { id: string; name: string; height: number | null; peers: number | null };

/** A node that does not answer in this time is not there for now: the next look asks again. */
const ANSWER_MS = 3_000;

/**
 * On a busy cluster, or over a slow network, all of them may be late for a while: no run ends by
 * it.
 */
const MEETING_MS = 120_000;

/** Between two looks for the first that answers, and between two words that it is awaited. */
const MEETING_PAUSE_MS = 500;
const MEETING_PROGRESS_MS = 10_000;

/** What is wrong with a node alone: a new version that talks nonsense is to be taken back. */
const NODES_OWN = ["rpc-silent", "bad-axon-answer"];

/** Looks at the sets, the pods and the chain, all at one time. */
export class Observer implements Disposable {
  readonly chain: ChainReader;
  readonly #kube: KubeClient;
  readonly #target: Target;
  readonly #context: Context;
  readonly #snapshots: Snapshots;
  readonly #lines = new Map<string, JsonRpc>();
  readonly #troubles = new Troubles();
  #posts: Post[] = [];
  #forkWatch: ForkWatch | undefined;
  #best: string | undefined;

  constructor(
    kube: KubeClient,
    chain: ChainReader,
    target: Target,
    snapshots: Snapshots,
    context: Context,
  ) {
    this.#kube = kube;
    this.chain = chain;
    this.#target = target;
    this.#snapshots = snapshots;
    this.#context = context;
  }

  /** The pod of a validator, as of the last look. */
  podOf(id: string | null): string | undefined {
    return this.#posts.find((post) => post.id === id)?.place.pod;
  }

  /** Asks the node that was furthest at the last look. Throws `rpc-silent`. */
  ask(method: string, params: unknown[] = [], options?: CallOptions): Promise<unknown> {
    if (this.#best === undefined) throw new Error("Nobody has looked yet.");
    return this.#line(this.#best).call(method, params, options);
  }

  /** From now on each look asks for a fork, too. */
  watch(forking: Forking): void {
    this.#forkWatch = new ForkWatch(forking);
  }

  /** What the API server has. */
  async scene(kube = this.#kube): Promise<Scene> {
    const { namespace, isValidator, named } = this.#target;
    const [allSets, all, allBudgets] = await Promise.all([
      kube.list(statefulSets, { namespace }),
      kube.list(pods, { namespace }),
      kube.list(disruptionBudgets, { namespace }),
    ]);
    const sets = allSets.filter(({ metadata }) => isValidator(metadata.name));
    const own = all.filter((pod) => sets.some((set) => isPodOf(pod, set)));
    const budgets = allBudgets.filter(({ spec }) =>
      own.some(({ metadata }) => isSelected(spec.selector, metadata.labels)),
    );
    const { posts, nameless } = postsOf(sets, own, named);
    this.#posts = posts;
    const vacancies = vacanciesOf(sets, posts, named);
    const followers = followersIn(all, own);
    return { sets, pods: own, budgets, posts, nameless, vacancies, followers };
  }

  /** What the API server and the nodes say, as the rollout decides by it. */
  async look(scene?: Scene): Promise<{ view: View; scene: Scene }> {
    const there = scene ?? (await this.scene());
    const answers = await Promise.all(there.posts.map((post) => this.#answerOf(post)));
    await this.#readChain(there.posts, answers);
    const { set, timing, commits } = this.chain;
    const now = this.#context.clock.now();
    const members = await Promise.all(
      there.posts.map(async (post) =>
        memberOf(post, there.posts, {
          trouble: await this.#troubles.lastingAt(this.#kube, post, now),
          snapshot: this.#snapshots.stateOf(post),
        }),
      ),
    );
    const view: View = {
      ...{ now, set, timing, commits },
      nodes: new Map([...there.vacancies.map(vacant), ...answers].map((node) => [node.id, node])),
      members,
      followers: there.followers,
      evictions: evictionsBy(there.budgets),
      fork: this.#forkWatch?.fork,
    };
    return { view, scene: there };
  }

  /** Looks until somebody answers, where anybody runs. Throws `chain-silent`. */
  async meet(scene?: Scene): Promise<{ view: View; scene: Scene }> {
    const { clock, signal } = this.#context;
    const begun = clock.now();
    let told = begun;
    let there = scene;
    for (;;) {
      try {
        return await this.look(there);
      } catch (error) {
        if (error instanceof ActionError || signal.aborted) throw error;
        const anybody = this.#posts.some(({ pod }) => pod && isRunning(pod));
        if (!anybody || clock.now() - begun >= MEETING_MS) throw chainSilent();
      }
      if (clock.now() - told >= MEETING_PROGRESS_MS) {
        told = clock.now();
        const waited = Math.round((told - begun) / 1_000);
        this.#context.progress(`waiting until a validator answers, for ${waited} s`);
      }
      await clock.sleep(MEETING_PAUSE_MS, signal);
      there = undefined;
    }
  }

  async #answerOf(post: Post): Promise<Answer> {
    const { id, place, pod } = post;
    const silent = vacant({ id, pod: place.pod });
    if (!pod || pod.metadata.deletionTimestamp || !isRunning(pod)) {
      this.#hangUp(place.pod);
      return silent;
    }
    const line = this.#line(place.pod);
    const ask: Ask = (method, params) => line.call(method, params, { deadlineMs: ANSWER_MS });
    try {
      const answer = await this.chain.answer(ask);
      await this.#forkWatch?.look(post, isWanted(post), ask);
      return { ...silent, ...answer };
    } catch (error) {
      if (this.#context.signal.aborted || !isSilence(error)) throw error;
      return silent;
    }
  }

  /**
   * From whoever is furthest: proofs are the same on all nodes. One that went away since it
   * answered has not answered.
   */
  async #readChain(posts: readonly Post[], answers: readonly Answer[]): Promise<void> {
    const byHeight = [...answers].sort((a, b) => (b.height ?? -1) - (a.height ?? -1));
    for (const answer of byHeight) {
      const pod = posts.find(({ id }) => id === answer.id)?.place.pod;
      if (!pod || answer.height === null) return;
      this.#best = pod;
      const line = this.#line(pod);
      const ask: Ask = (method, params) => line.call(method, params, { deadlineMs: ANSWER_MS });
      try {
        await this.chain.read(answer.height, ask);
        return;
      } catch (error) {
        if (this.#context.signal.aborted || !isSilence(error)) throw error;
        answer.height = null;
      }
    }
  }

  #line(pod: string): JsonRpc {
    const { namespace, port } = this.#target;
    const known = this.#lines.get(pod);
    if (known) return known;
    const line = podRpc(this.#kube.connection, { namespace, pod, port }, this.#context);
    this.#lines.set(pod, line);
    return line;
  }

  #hangUp(pod: string): void {
    this.#lines.get(pod)?.[Symbol.dispose]();
    this.#lines.delete(pod);
  }

  [Symbol.dispose](): void {
    for (const pod of [...this.#lines.keys()]) this.#hangUp(pod);
  }
}

function chainSilent(): ActionError {
  return new ActionError("chain-silent", {
    what: "No validator of the chain answers.",
    why: "Who may be replaced is known from one that does.",
    next: "Bring one of them up (its events and its log say why it is not); then run this again.",
  });
}

/** Nobody there gives an answer. */
function vacant({ id, pod }: Vacancy): Answer {
  return { id, name: pod, height: null, peers: null };
}

/** What a node does is its own; a cluster that refuses us is no node that does not answer. */
function isSilence(error: unknown): boolean {
  return !(error instanceof ActionError) || NODES_OWN.includes(error.code);
}

function isRunning({ status }: Pod): boolean {
  return status?.phase === "Running";
}
