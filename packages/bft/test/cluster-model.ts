import type { Fork, Member, Readiness, View } from "@playbook/bft";
import { hasQuorum, weightOf } from "@playbook/bft";
import { ChainModel, timing } from "./chain-model.ts";
import { behaviourOf, type Made, PodModel } from "./pod-model.ts";
import { randomOf } from "./random.ts";
import { changesWithin, type Scenario, unknowable } from "./scenario.ts";

/**
 * A vote that the quorum needed was taken away, and whether anybody could have known that it did.
 */
type Breach = { id: string; at: number; back: boolean; known: boolean };

type Drain = Scenario["drains"][number];

const STEP = 500;

/** How far time goes at once where nothing but the chain moves. */
const STRIDE = 10_000;

/** How long somebody watches from outside, in milliseconds: all failures are over long before. */
export const WATCHED = 60 * 60_000;

/**
 * Validators as pods: their controller, their nodes' failures and the evictions that others ask
 * for.
 */
export class ClusterModel {
  now = 0;
  evictions: "open" | "shut" = "open";
  /** What was seen while somebody watched: blocks, and the time without enough votes for one. */
  readonly watched = { blocks: 0, withoutQuorum: 0 };
  /** When pods were taken down, other than by an eviction, whose votes the quorum needed. */
  readonly breaches: Breach[] = [];
  readonly chain: ChainModel;
  readonly #scenario: Scenario;
  readonly #pods = new Map<string, PodModel>();
  readonly #released = new Set<string>();
  readonly #drained = new Set<string>();
  #wanted = "old";
  #uid = 0;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.chain = new ChainModel(scenario.set, randomOf(scenario.seed));
    for (const { id } of scenario.set) {
      this.#put({ id, version: "old", state: "up", at: 0, height: 0 });
    }
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
    for (const pod of this.#pods.values()) this.#live(pod);
    const active = this.active();
    this.chain.advance(this.now, active, (leader) => this.#heardBy(leader, active));
    for (const pod of this.#pods.values()) pod.follow(this.now, this.chain.height);
    if (this.now > WATCHED) return;
    this.watched.blocks = this.chain.height;
    if (!this.canCommit(active)) this.watched.withoutQuorum += step;
  }

  /**
   * Whether anybody of them hears enough others: votes are sent to who leads, and not passed on.
   */
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
    return [...this.#pods.values()].every(
      (pod) => !this.#isToChange(pod) && pod.rests(this.now, this.chain.height),
    );
  }

  #isToChange({ id, version }: PodModel): boolean {
    return this.#released.has(id) && version !== this.#wanted;
  }

  allReady(): boolean {
    return [...this.#pods.values()].every((pod) => pod.isReady(this.now, this.chain.height));
  }

  /** Whose votes count just now: the truth, which nobody in the cluster is told. */
  active(): Set<string> {
    const { height } = this.chain;
    const voting = [...this.#pods.values()].filter((pod) => pod.votes(this.now, height));
    return this.#wedged() ? new Set() : new Set(voting.map(({ id }) => id));
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
    return {
      id,
      pod: `axon-${id}`,
      incarnation: `${pod.uid}`,
      revision: pod.state === "gone" ? null : pod.version,
      wanted: this.#wanted,
      released: this.#released.has(id),
      resting: pod.state === "up" || pod.state === "starting",
      after: this.#scenario.ordered && this.#wanted === "new" ? following : null,
      trouble: pod.behaviour.broken && pod.state === "starting" ? "CrashLoopBackOff" : null,
      snapshot: "unwanted",
    };
  }

  #answer(id: string) {
    const pod = this.#pod(id);
    if (!pod.answers(this.now)) return { id, height: null, peers: null };
    const others = [...this.#pods.values()].filter(
      (each) => each !== pod && each.answers(this.now),
    );
    const peers = others.filter((other) => this.#isLinked(id, other.id)).length;
    return { id, height: pod.height, peers };
  }

  /** The StatefulSet's controller. An ordered set waits for every pod that is not ready. */
  #control(id: string): void {
    const pod = this.#pod(id);
    if (pod.state !== "up" && pod.state !== "starting") return;
    if (!this.#isToChange(pod)) return;
    if (this.#scenario.ordered && !this.allReady()) return;
    this.#replace(id);
  }

  /** Takes a pod down, and notes whether its vote was one that the quorum needed. */
  #replace(id: string): void {
    const before = this.active();
    this.#pod(id).stop(this.now);
    if (!this.canCommit(before) || this.canCommit(this.active())) return;
    const back = this.#wanted === "old";
    this.breaches.push({ id, at: this.now, back, known: this.isKnown(back) });
  }

  /** Whether all that is silent now, and all that is not, could be seen in the blocks. */
  isKnown(back: boolean): boolean {
    const heightAt = (time: number) => this.chain.heightAt(time);
    return !unknowable(this.#scenario, { at: this.now, back }, heightAt);
  }

  #live(pod: PodModel): void {
    if (pod.state !== "gone") pod.goOn(this.now);
    else if (this.now >= pod.at) this.#makeAgain(pod);
  }

  #makeAgain({ id, height, version: before }: PodModel): void {
    const version = this.#released.has(id) ? this.#wanted : before;
    const { start } = behaviourOf(this.#scenario, id, version);
    if (version === "new") this.#prepare(id);
    this.#put({ id, version, state: "starting", at: this.now + start, height });
  }

  #drain(drain: Drain): void {
    if (!this.#isGranted(drain)) return;
    this.#drained.add(drain.id);
    this.#pod(drain.id).stop(this.now);
  }

  /** An eviction is granted while the budget is open and all are up: one may be missing. */
  #isGranted({ id, at }: Drain): boolean {
    if (this.now < at || this.#drained.has(id) || this.evictions === "shut") return false;
    return [...this.#pods.values()].every(({ state }) => state === "up");
  }

  #wedged(): boolean {
    const { wedges } = this.#scenario.versions[""] ?? {};
    const pods = [...this.#pods.values()];
    const running = pods.filter(({ state, version }) => state === "up" && version === "new");
    const weight = weightOf(this.#scenario.set, new Set(running.map(({ id }) => id)));
    return wedges !== undefined && weight >= wedges;
  }

  #put(pod: Omit<Made, "uid">): void {
    this.#uid += 1;
    this.#pods.set(pod.id, new PodModel(this.#scenario, { ...pod, uid: this.#uid }));
  }

  #pod(id: string): PodModel {
    const pod = this.#pods.get(id);
    if (!pod) throw new Error(`There is no validator ${id}.`);
    return pod;
  }
}
