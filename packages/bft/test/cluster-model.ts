import type { Fork, Member, Readiness, View } from "@playbook/bft";
import { hasQuorum, weightOf } from "@playbook/bft";
import { ChainModel, timing } from "./chain-model.ts";
import { randomOf } from "./random.ts";
import { type Behaviour, changesWithin, isDown, type Scenario, unknowable } from "./scenario.ts";

type Pod = {
  version: string;
  uid: number;
  /** Time at which it is up, or gone, or made again. */
  at: number;
  state: "starting" | "up" | "stopping" | "gone";
  /** Height of its newest block. */
  height: number;
};

/** A vote that the quorum needed was taken away, and whether anybody could have known that it did. */
type Breach = { id: string; at: number; back: boolean; known: boolean };

type Drain = Scenario["drains"][number];

const STEP = 500;
const SYNC = 20;

/** How far time goes at once where nothing but the chain moves. */
const STRIDE = 10_000;

/** A node in step is at most so many blocks behind: what our own chart calls ready. */
const IN_STEP = 2;

/** How long somebody watches from outside, in milliseconds: all failures are over long before. */
export const WATCHED = 60 * 60_000;

/** Validators as pods: their controller, their nodes' failures and the evictions that others ask for. */
export class ClusterModel {
  now = 0;
  evictions: "open" | "shut" = "open";
  /** What was seen while somebody watched: blocks, and the time without enough votes for one. */
  readonly watched = { blocks: 0, withoutQuorum: 0 };
  /** When pods were taken down, other than by an eviction, whose votes the quorum needed. */
  readonly breaches: Breach[] = [];
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
    this.#replace(id);
  }

  tick(): void {
    this.#pass(STEP);
  }

  /** Time goes on until then, and nobody does anything. */
  goOnUntil(time: number): void {
    while (this.now < time) {
      this.#pass(Math.min(time - this.now, this.#isQuiet() ? STRIDE : STEP));
    }
  }

  #pass(step: number): void {
    this.now += step;
    for (const drain of this.#scenario.drains) this.#drain(drain);
    for (const { id } of this.#scenario.set.toReversed()) this.#control(id);
    for (const [id, pod] of this.#pods) this.#live(id, pod);
    const active = this.active();
    this.chain.advance(this.now, active, (leader) => this.#heardBy(leader, active));
    for (const [id, pod] of this.#pods) this.#follow(id, pod);
    if (this.now > WATCHED) return;
    this.watched.blocks = this.chain.height;
    if (!this.canCommit(active)) this.watched.withoutQuorum += step;
  }

  /** Whether anybody of them hears enough others: votes are sent to who leads, and not passed on. */
  canCommit(active: ReadonlySet<string>): boolean {
    const { set } = this.#scenario;
    return [...active].some((leader) => hasQuorum(set, this.#heardBy(leader, active)));
  }

  #heardBy(leader: string, active: ReadonlySet<string>): Set<string> {
    return new Set([...active].filter((id) => id === leader || this.#isLinked(leader, id)));
  }

  /** Who starts dials all others; those that were there before are linked in their time. */
  #isLinked(one: string, other: string): boolean {
    const isFirst = [one, other].every((id) => this.#pod(id).uid <= this.#scenario.set.length);
    const { unlinked = [] } = this.#scenario;
    return !unlinked.some((pair) => {
      const isPair = [pair.one, pair.other].every((id) => id === one || id === other);
      return isFirst && isPair && this.now < pair.until;
    });
  }

  /** Whether who votes stays as it is for a stride. */
  #isQuiet(): boolean {
    if (changesWithin(this.#scenario, this.now, STRIDE)) return false;
    if (this.#scenario.drains.some((drain) => this.#isGranted(drain))) return false;
    return [...this.#pods].every(([id, pod]) => this.#rests(id, pod));
  }

  #rests(id: string, pod: Pod): boolean {
    const { broken, stuck } = this.#behaviourOf(id, pod.version);
    if (this.#released.has(id) && pod.version !== this.#wanted) return false;
    if (pod.state !== "up") return pod.state === "starting" && broken === true;
    return stuck === true || this.#down(id, false) || pod.height === this.chain.height;
  }

  /** Whether Kubernetes calls all pods ready: a node that answers and is in step need not vote. */
  allReady(): boolean {
    return [...this.#pods.keys()].every((id) => this.#isReady(id));
  }

  #isReady(id: string): boolean {
    const pod = this.#pod(id);
    if (pod.state !== "up" || this.#down(id, false)) return false;
    if (this.#behaviourOf(id, pod.version).stuck) return false;
    return this.chain.height - pod.height <= IN_STEP;
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
    if (!this.#answers(id)) return { id, height: null, peers: null };
    const others = this.#scenario.set.filter((each) => each.id !== id && this.#answers(each.id));
    const peers = others.filter((other) => this.#isLinked(id, other.id)).length;
    return { id, height: this.#pod(id).height, peers };
  }

  #answers(id: string): boolean {
    return this.#pod(id).state === "up" && !this.#down(id, false);
  }

  /** The StatefulSet's controller. An ordered set waits for every pod that is not ready. */
  #control(id: string): void {
    const pod = this.#pod(id);
    if (pod.state !== "up" && pod.state !== "starting") return;
    if (!this.#released.has(id) || pod.version === this.#wanted) return;
    if (this.#scenario.ordered && !this.allReady()) return;
    this.#replace(id);
  }

  /** Takes a pod down, and notes whether its vote was one that the quorum needed. */
  #replace(id: string): void {
    const before = this.active();
    this.#stop(this.#pod(id));
    if (!this.canCommit(before) || this.canCommit(this.active())) return;
    const back = this.#wanted === "old";
    this.breaches.push({ id, at: this.now, back, known: this.isKnown(back) });
  }

  /** Whether all that is silent now, and all that is not, could be seen in the blocks. */
  isKnown(back: boolean): boolean {
    const heightAt = (time: number) => this.chain.heightAt(time);
    return !unknowable(this.#scenario, { at: this.now, back }, heightAt);
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

  #drain(drain: Drain): void {
    if (!this.#isGranted(drain)) return;
    this.#drained.add(drain.id);
    this.#stop(this.#pod(drain.id));
  }

  /** An eviction is granted while the budget is open and all are up: one may be missing. */
  #isGranted({ id, at }: Drain): boolean {
    if (this.now < at || this.#drained.has(id) || this.evictions === "shut") return false;
    return [...this.#pods.values()].every(({ state }) => state === "up");
  }

  #votes(id: string): boolean {
    const pod = this.#pod(id);
    const { silent, stuck } = this.#behaviourOf(id, pod.version);
    if (pod.state !== "up" || silent || stuck) return false;
    return !this.#down(id, true) && this.chain.height - pod.height <= 1;
  }

  #down(id: string, silentToo: boolean): boolean {
    return isDown(this.#scenario, id, this.now, silentToo);
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
