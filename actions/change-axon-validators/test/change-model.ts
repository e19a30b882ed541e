import type { Hex, Member } from "@playbook/axon";
import { hasQuorum, type ValidatorSet } from "@playbook/bft";
import { type decide, type Memory, NOTHING, type Policy, type Sight, step } from "../src/decide.ts";
import { isSame, membersOf, weightsOf } from "../src/members.ts";
import { announced, type Entry, type Pending, settled, type Way } from "../src/pending.ts";

export const idOf = (letter: string) => `0x02${letter}` as Hex;

export const memberOf = (letter: string, weight = 1): Member => ({
  pub_key: idOf(letter),
  bls_pub_key: `0x8b${letter}`,
  propose_weight: 1,
  vote_weight: weight,
});

export const lettersOf = (members: readonly Member[]) =>
  members.map(({ pub_key }) => pub_key.slice(4)).sort();

export const policyFor = (wanted: readonly Member[], over: Partial<Policy> = {}): Policy => ({
  ...{ wanted, accept: false, patience: 100, epochWait: 1_000, stop: false },
  ...over,
});

/** What befalls a chain from look to look: all of it by chance, or as a test says. */
export type Fate = {
  /** Whoever will never vote, though its node is in step. */
  silent: ReadonlySet<string>;
  /** Whether a block takes what was sent. */
  includes: () => boolean;
  /** Whether the run dies here, after it has done what it decided. */
  dies: () => boolean;
  /** Whether blocks enough came to know who votes. */
  knows: () => boolean;
  /** What somebody else makes the set, by a call of their own; null while they leave it alone. */
  byHand?: () => readonly Member[] | null;
};

type Sent = { pending: Pending; at: number };

/** A chain, its nodes and the record, with everything that a run leaves behind when it dies. */
export class ChangeModel {
  members: readonly Member[];
  entry: Entry | null = null;
  now = 0;
  /** Whether a call was ever sent that was planned for another set than the announced one. */
  sentForAnotherSet = false;
  /** When a node was started anew last, by whose it is. */
  readonly starts = new Map<string, number>();
  /** Sets that were in force, one after the other, and who could have voted then. */
  readonly history: { set: ValidatorSet; voting: ReadonlySet<string> }[] = [];
  readonly #fate: Fate;
  readonly #way: () => Way;
  #sent: Sent[] = [];
  #carried = new Map<string, number>();
  #memory: Memory = NOTHING;
  #signatures = 0;
  #base: readonly Member[] = [];

  constructor(
    members: readonly Member[],
    fate: Fate,
    way: () => Way = () => ({ kind: "at-once" }),
  ) {
    this.members = members;
    this.#fate = fate;
    this.#way = way;
    this.#note();
  }

  get voting(): Set<string> {
    const ids = this.members.map(({ pub_key }) => pub_key as string);
    return new Set(ids.filter((id) => !this.#fate.silent.has(id)));
  }

  /** Runs until it ends, however often it dies; what it ended with. */
  run(policy: Policy, most = 5_000): Extract<ReturnType<typeof decide>, { failure: unknown }> {
    this.#memory = NOTHING;
    for (let at = 0; at < most; at += 1) {
      const sight = this.#sight(policy);
      const { memory, decision } = step(this.#memory, sight, policy);
      this.#memory = memory;
      this.#act(decision, policy, sight);
      if (decision.do === "end") return decision;
      if (decision.do === "drop" && decision.failure) return decision;
      if (this.#fate.dies()) this.#memory = NOTHING;
      this.#block();
    }
    throw new Error("It has no end.");
  }

  #sight(policy: Policy): Sight {
    const { entry, members, now } = this;
    const hash = entry?.pending?.signed?.hash;
    const height = hash === undefined ? undefined : this.#carried.get(hash);
    const known = this.#fate.knows();
    const all = [...members, ...policy.wanted].map(({ pub_key }) => pub_key as string);
    return {
      ...{ now, head: now, stalled: false, known, members, entry },
      heights: new Map(all.map((id) => [id, now])),
      running: new Map(all.map((id) => [id, `pod ${this.starts.get(id) ?? 0}`])),
      voting: known ? this.voting : new Set(),
      ready: new Set(all),
      receipt: height === undefined ? null : { height, succeeded: true },
    };
  }

  #act(decision: ReturnType<typeof decide>, { wanted }: Policy, { receipt, running }: Sight): void {
    const entry = this.entry ?? blank(this.members);
    switch (decision.do) {
      case "announce":
        this.entry = announced(entry, this.members, this.now, receipt);
        return;
      case "settle":
        this.entry = settled(entry, { wanted, height: this.now, running });
        return;
      case "restart":
        if (decision.pod === running.get(decision.id)) this.starts.set(decision.id, this.now);
        return;
      case "restarted":
        this.entry = { ...entry, restart: null };
        return;
      case "drop":
        this.entry = { ...entry, pending: null };
        return;
      case "begin":
      case "take-back": {
        const { change } = decision;
        const members = membersOf(change.set, change.id, this.members, wanted);
        const call = { chainId: 1n, nonce: this.#signatures, data: "0x" as Hex };
        const signer = idOf("a");
        const { kind } = change;
        this.#base = this.members;
        const id = change.id as Hex;
        const pending = { kind, id, members, way: this.#way(), call, signer, signed: null };
        this.entry = { ...entry, pending };
        return;
      }
      case "sign": {
        const hash = `0x${this.#signatures}` as Hex;
        this.#signatures += 1;
        const signed = { raw: hash, hash };
        this.entry = { ...entry, pending: { ...decision.pending, signed } };
        return;
      }
      case "send":
        this.#sent.push({ pending: decision.pending, at: this.now });
        this.sentForAnotherSet ||= !isSame(this.#base, entry.members);
        return;
      default:
        return;
    }
  }

  /** A block: what was sent may be in it, and once it was it never is again. */
  #block(): void {
    this.now += 1;
    const byHand = this.#fate.byHand?.();
    if (byHand) {
      this.members = byHand;
      this.#note();
    }
    for (const { pending } of this.#sent) {
      const hash = pending.signed?.hash ?? "";
      if (this.#carried.has(hash) || !this.#fate.includes()) continue;
      this.#carried.set(hash, this.now);
      this.members = pending.members;
      this.#note();
    }
    this.#sent = this.#sent.filter(({ pending }) => !this.#carried.has(pending.signed?.hash ?? ""));
  }

  #note(): void {
    this.history.push({ set: weightsOf(this.members), voting: this.voting });
  }

  /** Whether those who voted committed blocks under every set that there was. */
  get neverStood(): boolean {
    return this.history.every(({ set, voting }) => hasQuorum(set, voting));
  }
}

export function blank(members: readonly Member[]): Entry {
  return {
    members,
    height: 0,
    epoch: null,
    pending: null,
    proving: null,
    removed: [],
    restart: null,
  };
}
