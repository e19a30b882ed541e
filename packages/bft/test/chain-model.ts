import type { Commit, Timing, ValidatorSet } from "@playbook/bft";
import { hasQuorum, totalWeight, weightOf } from "@playbook/bft";

export const timing: Timing = { interval: 3000, round: 10_500, doublings: 5 };

/** Who takes part and is connected with one of them, itself among them if it takes part. */
export type Heard = (leader: string) => ReadonlySet<string>;

/** A block, and the height of the fork that it carries. */
type Block = { id: number; fork: number | undefined };

/**
 * Overlord as far as a rollout notices it: leaders take turns, a leader that is absent costs its
 * round's time, and a proof names the first voters that made up more than two thirds.
 */
export class ChainModel {
  readonly commits: Commit[] = [];
  /** For which block each validator proposes a fork, until the chain has it or the block comes. */
  readonly proposals = new Map<string, number>();
  /** The fork that the chain has, and since which block. */
  determined: { since: number; height: number } | null = null;
  readonly set: ValidatorSet;
  readonly #random: () => number;
  /** When each block came. */
  readonly #times: number[] = [];
  #round = 0;
  #missed: string[] = [];
  /** Which block of this height each has locked itself on: all others have prevoted it. */
  readonly #locks = new Map<string, Block>();
  #blocks = 0;
  #next = timing.interval;

  constructor(set: ValidatorSet, random: () => number) {
    this.set = set;
    this.#random = random;
  }

  get height(): number {
    return this.commits.at(-1)?.height ?? 0;
  }

  /** Height of the newest block that there was at a time, in milliseconds. */
  heightAt(time: number): number {
    return this.#times.findLastIndex((at) => at <= time) + 1;
  }

  /** Time passes up to `now`, with the same validators taking part, as far as each is heard. */
  advance(now: number, active: ReadonlySet<string>, heard: Heard = () => active): void {
    while (this.#next <= now) this.#turn(heard);
  }

  #turn(heard: Heard): void {
    const height = this.height + 1;
    const leader = this.#leaderOf(height, this.#round);
    const block = this.#blockOf(leader, height);
    const active = heard(leader);
    if (active.has(leader) && this.#isPrevoted(block, active)) {
      const { fork } = block;
      const voting = fork === undefined ? active : this.#preparedFor(fork, active);
      if (hasQuorum(this.set, voting)) {
        const voters = this.#voters(leader, voting);
        if (fork !== undefined) this.#determine(fork, height);
        this.#commit({ height, voters, missed: new Set(this.#missed) });
        return;
      }
      for (const id of voting) this.#locks.set(id, block);
    }
    this.#missed.push(leader);
    this.#next += timing.round * 2 ** Math.min(this.#round, 2);
    this.#round += 1;
  }

  #commit(commit: Commit): void {
    this.commits.push(commit);
    this.#times.push(this.#next);
    this.#round = 0;
    this.#missed = [];
    this.#locks.clear();
    this.#next += timing.interval;
  }

  /** A leader that is locked proposes that block again. */
  #blockOf(leader: string, height: number): Block {
    this.#blocks += 1;
    return this.#locks.get(leader) ?? { id: this.#blocks, fork: this.#forkOf(leader, height) };
  }

  /**
   * Prevotes come before a block is checked: also those give theirs who will not commit it. Who is
   * locked gives it to one block alone.
   */
  #isPrevoted({ id }: Block, active: ReadonlySet<string>): boolean {
    const willing = [...active].filter((each) => (this.#locks.get(each)?.id ?? id) === id);
    return hasQuorum(this.set, new Set(willing));
  }

  /** What a leader proposes beside its block; one whose height has come is dropped. */
  #forkOf(leader: string, height: number): number | undefined {
    const fork = this.proposals.get(leader);
    if (fork === undefined || fork > height) return fork;
    this.proposals.delete(leader);
    return undefined;
  }

  #preparedFor(fork: number, active: ReadonlySet<string>): Set<string> {
    return new Set([...active].filter((id) => this.proposals.get(id) === fork));
  }

  #determine(height: number, since: number): void {
    this.determined = { since, height };
    this.proposals.clear();
  }

  #leaderOf(height: number, round: number): string {
    return this.set[(height + round) % this.set.length]?.id ?? "";
  }

  #voters(leader: string, active: ReadonlySet<string>): Set<string> {
    const voters = new Set([leader]);
    const others = [...active].filter((id) => id !== leader);
    while (weightOf(this.set, voters) * 3 <= totalWeight(this.set) * 2) {
      const [next = leader] = others.splice(Math.floor(this.#random() * others.length), 1);
      voters.add(next);
    }
    return voters;
  }
}
