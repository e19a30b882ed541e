import type { Fork, Member, Readiness, ValidatorSet, View } from "@playbook/bft";
import { weightOf } from "@playbook/bft";
import { ChainModel, timing } from "./chain-model.ts";
import { randomOf } from "./random.ts";

/** How a version of the node behaves, on all validators or on one. Times in milliseconds. */
export type Behaviour = {
  start: number;
  /** Never comes up, and Kubernetes says so. */
  broken?: boolean;
  /** Comes up and answers, and never votes. */
  silent?: boolean;
  /** Starts again and again without ever being in step, and nobody says so. */
  stuck?: boolean;
  /** No block is made while as many as this run it. */
  wedges?: number;
};

type Pod = {
  version: string;
  uid: number;
  /** Time at which it is up, or gone, or made again. */
  at: number;
  state: "starting" | "up" | "stopping" | "gone";
  /** Height of its newest block. */
  height: number;
};

export type Scenario = {
  seed: number;
  set: ValidatorSet;
  /** Behaviour of the new version by the validator's id; of all others by "". */
  versions: Record<string, Behaviour>;
  /** Validators that fail by themselves: when, for how long, and whether their node answers on. */
  failures: { id: string; at: number; lasts: number; silent: boolean }[];
  /** Nodes that somebody drains: asked for again and again until the pod is evicted. */
  drains: { id: string; at: number }[];
  /** All validators in one ordered set, as against a set for each. */
  ordered: boolean;
  /** What the new version prepares its node for. */
  fork?: Pick<Fork, "height" | "latest">;
  /** For which blocks validators are prepared already, by an earlier fork that was called off. */
  before?: Record<string, number>;
};

const STEP = 500;
const SYNC = 20;

/** Validators as pods: their controller, their nodes' failures and the evictions that others ask for. */
export class ClusterModel {
  now = 0;
  evictions: "open" | "shut" = "open";
  readonly chain: ChainModel;
  readonly #scenario: Scenario;
  readonly #pods = new Map<string, Pod>();
  readonly #released = new Set<string>();
  readonly #drained = new Set<string>();
  #wanted = "old";
  #uid = 0;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.chain = new ChainModel(scenario.set, randomOf(scenario.seed));
    for (const { id } of scenario.set) this.#pods.set(id, this.#made("old", "up", 0));
    for (const [id, height] of Object.entries(scenario.before ?? {})) {
      this.chain.proposals.set(id, height);
    }
  }

  /** What `helm upgrade` or `helm rollback` does: all is to change, nothing moves. */
  apply(version: string): void {
    this.#wanted = version;
    this.#released.clear();
  }

  letGo(id: string): void {
    this.#released.add(id);
  }

  remove(id: string): void {
    this.#stop(this.#pod(id));
  }

  tick(): void {
    this.now += STEP;
    for (const drain of this.#scenario.drains) this.#drain(drain);
    for (const { id } of this.#scenario.set) this.#control(id);
    for (const [id, pod] of this.#pods) this.#live(id, pod);
    this.chain.advance(this.now, this.active());
    for (const [id, pod] of this.#pods) this.#follow(id, pod);
  }

  /** Whose votes count just now: the truth, which nobody in the cluster is told. */
  active(): Set<string> {
    const ids = [...this.#pods].filter(([id]) => this.#votes(id)).map(([id]) => id);
    return this.#wedged() ? new Set() : new Set(ids);
  }

  versionOf(id: string): string {
    return this.#pod(id).version;
  }

  /** Whether each runs one version and votes. */
  settledAt(version: string): boolean {
    return this.#scenario.set.every(({ id }) => this.versionOf(id) === version);
  }

  /** How many others than this one were let go and are not up again. */
  underWay(id: string): number {
    const released = [...this.#released].filter((each) => each !== id);
    return released.filter((each) => this.#pod(each).state !== "up").length;
  }

  view(): View {
    const { set } = this.#scenario;
    const nodes = new Map(set.map(({ id }) => [id, this.#answer(id)]));
    const members = set.map(({ id }, index) => this.#member(id, set[index + 1]?.id ?? null));
    const commits = this.chain.commits.slice(-2 * set.length);
    const fork = this.#fork();
    return { now: this.now, set, timing, commits, nodes, members, evictions: this.evictions, fork };
  }

  #fork(): Fork | undefined {
    const { fork, set } = this.#scenario;
    if (!fork) return undefined;
    return { ...fork, readiness: new Map(set.map(({ id }) => [id, this.#readiness(id)])) };
  }

  #readiness(id: string): Readiness {
    const { determined, proposals } = this.chain;
    const { height, version } = this.#pod(id);
    if (determined && height >= determined.height) return "enabled";
    if (determined && height >= determined.since) return "determined";
    if (!proposals.has(id)) return "unprepared";
    return version === "new" ? "prepared" : "elsewhere";
  }

  /** What the init container of a new version does before the node starts. */
  #prepare(id: string): void {
    const { fork } = this.#scenario;
    if (!fork || this.chain.determined || this.chain.height >= fork.height) return;
    this.chain.proposals.set(id, fork.height);
  }

  #member(id: string, following: string | null): Member {
    const pod = this.#pod(id);
    const behaviour = this.#behaviourOf(id, pod.version);
    return {
      id,
      pod: `axon-${id}`,
      incarnation: `${pod.uid}`,
      revision: pod.state === "gone" ? null : pod.version,
      wanted: this.#wanted,
      released: this.#released.has(id),
      resting: pod.state === "up" || pod.state === "starting",
      after: this.#scenario.ordered && this.#wanted === "new" ? following : null,
      trouble: behaviour.broken && pod.state === "starting" ? "CrashLoopBackOff" : null,
      snapshot: "unwanted",
    };
  }

  #answer(id: string) {
    const pod = this.#pod(id);
    const answers = pod.state === "up" && !this.#down(id, false);
    return { id, height: answers ? pod.height : null, peers: answers ? 4 : null };
  }

  /** The StatefulSet's controller. An ordered set waits for a pod that does not come up. */
  #control(id: string): void {
    const pod = this.#pod(id);
    if (pod.state !== "up" && pod.state !== "starting") return;
    if (!this.#released.has(id) || pod.version === this.#wanted) return;
    if (this.#scenario.ordered && pod.state === "starting") return;
    this.#stop(pod);
  }

  #stop(pod: Pod): void {
    pod.state = "stopping";
    pod.at = this.now + 2000;
  }

  #live(id: string, pod: Pod): void {
    if (this.now < pod.at) return;
    if (pod.state === "stopping") {
      pod.state = "gone";
      pod.at = this.now + 1000;
    } else if (pod.state === "gone") {
      const version = this.#released.has(id) ? this.#wanted : pod.version;
      const { start } = this.#behaviourOf(id, version);
      if (version === "new") this.#prepare(id);
      this.#pods.set(id, { ...this.#made(version, "starting", start), height: pod.height });
    } else if (pod.state === "starting" && !this.#behaviourOf(id, pod.version).broken) {
      pod.state = "up";
    }
  }

  #follow(id: string, pod: Pod): void {
    const { stuck } = this.#behaviourOf(id, pod.version);
    if (pod.state !== "up" || stuck || this.#down(id, false)) return;
    pod.height = Math.min(this.chain.height, pod.height + SYNC);
  }

  /** An eviction is granted while the budget is open and all are up: one may be missing. */
  #drain({ id, at }: { id: string; at: number }): void {
    if (this.now < at || this.#drained.has(id) || this.evictions === "shut") return;
    if ([...this.#pods.values()].some(({ state }) => state !== "up")) return;
    this.#drained.add(id);
    this.#stop(this.#pod(id));
  }

  #votes(id: string): boolean {
    const pod = this.#pod(id);
    const { silent, stuck } = this.#behaviourOf(id, pod.version);
    if (pod.state !== "up" || silent || stuck) return false;
    return !this.#down(id, true) && this.chain.height - pod.height <= 1;
  }

  #down(id: string, silentToo: boolean): boolean {
    return this.#scenario.failures.some(
      (failure) =>
        failure.id === id &&
        (silentToo || !failure.silent) &&
        failure.at <= this.now &&
        this.now < failure.at + failure.lasts,
    );
  }

  #wedged(): boolean {
    const { wedges } = this.#scenario.versions[""] ?? {};
    const ids = [...this.#pods].filter(([, pod]) => pod.state === "up" && pod.version === "new");
    const weight = weightOf(this.#scenario.set, new Set(ids.map(([id]) => id)));
    return wedges !== undefined && weight >= wedges;
  }

  #behaviourOf(id: string, version: string): Behaviour {
    if (version === "old") return { start: 4000 };
    const { versions } = this.#scenario;
    return versions[id] ?? versions[""] ?? { start: 4000 };
  }

  #made(version: string, state: Pod["state"], start: number): Pod {
    this.#uid += 1;
    return { version, uid: this.#uid, at: this.now + start, state, height: 0 };
  }

  #pod(id: string): Pod {
    const pod = this.#pods.get(id);
    if (!pod) throw new Error(`There is no validator ${id}.`);
    return pod;
  }
}
