import type { Hex, Member } from "@playbook/axon";
import { hasQuorum, nextChange, type SetChange, without } from "@playbook/bft";
import { differingIn, isSame, weightsOf } from "./members.ts";
import type { Entry, Pending, Receipt, Restart } from "./pending.ts";

/** All that is seen of a chain and of the change at one moment. */
export type Sight = {
  /** Milliseconds on a clock that only goes forward. */
  readonly now: number;
  readonly head: number;
  /** Enough nodes are in step, and no block came for longer than absent leaders explain. */
  readonly stalled: boolean;
  /** Enough blocks came, since this set is in force, to have seen everybody who votes. */
  readonly known: boolean;
  /** The set in force. */
  readonly members: readonly Member[];
  readonly voting: ReadonlySet<string>;
  /** Whose nodes are where the chain is. */
  readonly ready: ReadonlySet<string>;
  /** Null before anything was ever announced. */
  readonly entry: Entry | null;
  /** What became of the pending call; null while no block has it. */
  readonly receipt: Receipt | null;
  /** Of the nodes that answer. */
  readonly heights: ReadonlyMap<string, number>;
  /** Pods that there are, by the public keys of those who run in them: their uids. */
  readonly running: ReadonlyMap<string, string>;
};

export type Policy = {
  readonly wanted: readonly Member[];
  /** A set that nobody announced is taken as it is. */
  readonly accept: boolean;
  /** For missing votes and nodes that are behind, in milliseconds. */
  readonly patience: number;
  /** For an epoch to begin, in milliseconds. */
  readonly epochWait: number;
  /** Whether nodes that were taken out of the set are stopped. */
  readonly stop: boolean;
};

export type Failure = {
  readonly code:
    | "set-unannounced"
    | "change-refused"
    | "change-unsafe"
    | "votes-missing"
    | "nodes-behind"
    | "newcomer-silent"
    | "chain-stands-still"
    | "call-not-included"
    | "epoch-awaited";
  readonly ids: readonly string[];
};

export type Memory = {
  /**
   * Since when it is waited for what it is waited for now. Blocks that come slowly do not start the
   * time of what else is missing again.
   */
  readonly waiting: ReadonlyMap<string, number>;
  /** Who was taken in by this run and never voted. */
  readonly silent: ReadonlySet<string>;
};

export type Decision =
  | { readonly do: "announce" }
  | { readonly do: "settle"; readonly pending: Pending }
  | { readonly do: "drop"; readonly pending: Pending; readonly failure: Failure | null }
  | { readonly do: "begin"; readonly change: SetChange }
  | { readonly do: "sign"; readonly pending: Pending }
  | {
      readonly do: "send";
      readonly on: "inclusion";
      readonly ids: readonly string[];
      readonly pending: Pending;
    }
  | { readonly do: "take-back"; readonly change: SetChange; readonly failure: Failure }
  | { readonly do: "restart"; readonly id: Hex; readonly pod: string }
  | { readonly do: "restarted"; readonly id: Hex }
  | { readonly do: "stop"; readonly ids: readonly Hex[] }
  | { readonly do: "wait"; readonly on: Awaited; readonly ids: readonly string[] }
  | { readonly do: "end"; readonly failure: Failure | null };

export type Awaited = "votes" | "nodes" | "block" | "inclusion" | "epoch";

/** What is done, or looked for, again and again until it has come about. */
type Waiting = Extract<Decision, { on: Awaited }>;

export const NOTHING: Memory = { waiting: new Map(), silent: new Set() };

/** Takes a sight in, and says what is to be done. */
export function step(
  before: Memory,
  sight: Sight,
  policy: Policy,
): { memory: Memory; decision: Decision } {
  const wish = decide(sight, policy, before.silent);
  const waiting = waitingFor(wish, before, sight);
  const since = waiting.get(keyOf(wish)) ?? sight.now;
  const decision = isWaiting(wish) ? tired(wish, sight, policy, sight.now - since) : wish;
  const silent = decision.do === "take-back" ? [decision.change.id] : [];
  return { memory: { waiting, silent: new Set([...before.silent, ...silent]) }, decision };
}

function waitingFor(wish: Decision, { waiting }: Memory, { now }: Sight): Map<string, number> {
  if (!isWaiting(wish)) return new Map();
  const key = keyOf(wish);
  const since: [string, number] = [key, waiting.get(key) ?? now];
  return new Map(wish.on === "block" ? [...waiting, since] : [since]);
}

function keyOf(wish: Decision): string {
  return isWaiting(wish) ? [wish.on, ...wish.ids].join(" ") : wish.do;
}

/**
 * The next step of a change: what was begun is brought to its end first, and nothing is begun that
 * those who vote now could not commit blocks after.
 */
export function decide(
  sight: Sight,
  policy: Policy,
  silent: ReadonlySet<string> = new Set(),
): Decision {
  const { entry, members } = sight;
  if (!entry) return { do: "announce" };
  const { pending } = entry;
  const arrived = pending !== null && isSame(members, pending.members);
  // A call that was sent can be carried out until a block has it: until then it is not over.
  if (arrived && (!pending.signed || sight.receipt)) return { do: "settle", pending };
  if (!arrived && !isSame(members, entry.members)) {
    if (policy.accept) return { do: "announce" };
    return end("set-unannounced", changedIn(entry.members, members));
  }
  if (sight.stalled || !sight.known) return { do: "wait", on: "block", ids: [] };
  if (pending) return follow(pending, sight);
  return entry.restart ? restart(entry.restart, sight) : choose(entry, sight, policy, silent);
}

/** Once it has the epoch's first block, and only while the others commit blocks without it. */
function restart({ id, from, pod }: Restart, sight: Sight): Decision {
  const { members, ready, heights, running, voting } = sight;
  const isThere = running.has(id) && ready.has(id) && (heights.get(id) ?? 0) >= from;
  if (!isThere) return { do: "wait", on: "nodes", ids: [id] };
  if (running.get(id) !== pod) return { do: "restarted", id };
  const others = weightsOf(members).filter((each) => each.id !== id && voting.has(each.id));
  if (hasQuorum(weightsOf(members), new Set(others.map((each) => each.id)))) {
    return { do: "restart", id, pod };
  }
  const silent = members.map(({ pub_key }) => pub_key).filter((each) => !voting.has(each));
  return { do: "wait", on: "votes", ids: silent };
}

/** What to do about a change that was begun. */
function follow(pending: Pending, { members, voting, ready, receipt }: Sight): Decision {
  if (receipt && !receipt.succeeded) {
    const failure: Failure = { code: "change-refused", ids: [pending.id] };
    return { do: "drop", pending, failure };
  }
  if (receipt) {
    return { do: "wait", on: pending.way.kind === "epoch" ? "epoch" : "block", ids: [pending.id] };
  }
  const comes = pending.kind !== "add" || ready.has(pending.id);
  const safe = comes && hasQuorum(weightsOf(pending.members), voting);
  if (pending.signed) {
    if (safe) return { do: "send", on: "inclusion", ids: [pending.id], pending };
    const silent = weightsOf(members).filter(({ id }) => !voting.has(id));
    return { do: "wait", on: "votes", ids: silent.map(({ id }) => id) };
  }
  // Nobody has these bytes yet: what has become unsafe meanwhile is not brought about.
  return safe ? { do: "sign", pending } : { do: "drop", pending, failure: null };
}

/** Nothing is under way: what is to be next? */
function choose(entry: Entry, sight: Sight, policy: Policy, silent: ReadonlySet<string>): Decision {
  const { members, voting, ready } = sight;
  const target = policy.wanted.filter(({ pub_key }) => !silent.has(pub_key));
  const next = nextChange({
    set: weightsOf(members),
    wanted: weightsOf(target),
    voting,
    ready,
    differing: differingIn(members, target),
  });
  if (next.do === "change") return { do: "begin", change: next.change };
  if (next.do === "wait") return { do: "wait", on: next.on, ids: next.ids };
  if (next.do === "refuse") return end("change-unsafe", [next.id]);
  if (silent.size > 0) return end("newcomer-silent", [...silent]);
  const isMember = (id: Hex) => members.some(({ pub_key }) => pub_key === id);
  const left = entry.removed.filter((id) => sight.running.has(id) && !isMember(id));
  return policy.stop && left.length > 0 ? { do: "stop", ids: left } : { do: "end", failure: null };
}

/** Nothing is waited for for ever. */
function tired(
  wish: Waiting,
  { entry, members, voting }: Sight,
  policy: Policy,
  waited: number,
): Decision {
  const limit = wish.on === "epoch" ? policy.epochWait : policy.patience;
  if (waited <= limit) return wish;
  const proving = entry?.proving;
  if (wish.on === "votes" && !entry?.pending && proving && !voting.has(proving)) {
    const change = without(weightsOf(members), proving);
    const failure: Failure = { code: "newcomer-silent", ids: [proving] };
    if (hasQuorum(change.set, voting)) return { do: "take-back", change, failure };
  }
  return end(CODES[wish.on], wish.ids);
}

const CODES: Record<Awaited, Failure["code"]> = {
  votes: "votes-missing",
  nodes: "nodes-behind",
  block: "chain-stands-still",
  inclusion: "call-not-included",
  epoch: "epoch-awaited",
};

function isWaiting(decision: Decision): decision is Waiting {
  return "on" in decision;
}

function changedIn(before: readonly Member[], after: readonly Member[]): string[] {
  const same = (one: Member, other: Member) => isSame([one], [other]);
  const gone = before.filter((one) => !after.some((other) => same(one, other)));
  const come = after.filter((one) => !before.some((other) => same(one, other)));
  return [...new Set([...gone, ...come].map(({ pub_key }) => pub_key))];
}

function end(code: Failure["code"], ids: readonly string[]): Decision {
  return { do: "end", failure: { code, ids } };
}
