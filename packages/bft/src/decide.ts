import { candidates, mayGo } from "./candidates.ts";
import { isDetermined, isLate } from "./fork.ts";
import { type Insight, look, type Memory, type Span } from "./memory.ts";
import { type Borne, isLonely, type Short, shortWithout } from "./mesh.ts";
import { recoveryLimit } from "./timing.ts";
import type { ValidatorSet } from "./validators.ts";
import type { Member, View } from "./view.ts";

/** Limits of a rollout; times in milliseconds. */
export type Policy = Span & {
  /** For the whole of it, each way. */
  readonly budget: number;
  /** For one validator, from being let go to voting again. */
  readonly member: number;
  /** For votes that are missing to come back, before anything is begun. */
  readonly patience: number;
  /** For nodes to be connected with each other again. */
  readonly dialling: number;
  /** For a controller to replace a pod that it may replace. */
  readonly controller: number;
  /** Whether the version before can read what the new one has written. */
  readonly reversible: boolean;
  /**
   * All were stopped after this block and changed at once: whatever fails is of the change, and
   * with a block above it there is no way back any more, as that would be lost.
   */
  readonly stoppedAfter?: number | undefined;
  /** A person has said that those blocks may be lost. */
  readonly mayLose?: boolean | undefined;
  /** What is done when it has become too late for a fork: `pause` leaves all as it is. */
  readonly late?: "turn-back" | "pause" | undefined;
};

/** Why a rollout does not go on. */
export type Failure = {
  readonly code:
    | "member-failed"
    | "member-late"
    | "chain-stalled"
    | "chain-stood-still"
    | "votes-missing"
    | "fork-late"
    | "time-used-up";
  /** The validator that it is about, if it is about one. */
  readonly id: string | null;
  readonly why: string;
};

export type Outcome =
  /** All are at the new revision and vote. */
  | "done"
  /** All are at the revision before and vote. */
  | "taken-back"
  /** Some are changed and stay so: the version before could not read their data. */
  | "held"
  /** Nothing is wrong with what was changed; the next run goes on. */
  | "paused"
  /** Going back did not work either. */
  | "stuck";

/** What a rollout waits for. */
export type Awaited = "member" | "block" | "votes" | "peers" | "snapshot";

export type Decision =
  | { readonly do: "wait"; readonly on: Awaited; readonly for: string }
  /** What some nodes lack in connections does not come, and is waited for no longer. */
  | { readonly do: "bear"; readonly borne: Borne; readonly why: string }
  | { readonly do: "shut-evictions" }
  | { readonly do: "snapshot"; readonly member: Member }
  | { readonly do: "let-go"; readonly member: Member }
  /** Its controller will not replace it by itself. */
  | { readonly do: "delete"; readonly member: Member }
  | { readonly do: "turn-back"; readonly failure: Failure }
  | { readonly do: "end"; readonly outcome: Outcome; readonly failure: Failure | null };

const NEXT_BLOCK: Decision = { do: "wait", on: "block", for: "a new block of the chain" };

/** Takes a view in, and says what is to be done. */
export function step(
  before: Memory,
  view: View,
  policy: Policy,
): { memory: Memory; seen: Insight; decision: Decision } {
  const { memory, seen } = look(before, view, policy);
  const decision = decide(seen, memory, policy);
  const awaited = awaitedBy(decision, memory, view);
  const borne = decision.do === "bear" ? decision.borne : [];
  const next = { ...memory, awaited, borne: new Map([...memory.borne, ...borne]) };
  return { memory: next, seen, decision };
}

function awaitedBy(decision: Decision, { awaited }: Memory, { now }: View): Memory["awaited"] {
  if (decision.do !== "wait") return null;
  return awaited?.on === decision.on ? awaited : { on: decision.on, since: now };
}

/** How long that has been waited for, in milliseconds. */
function waited({ awaited }: Memory, { now }: Insight, on: Awaited): number {
  return awaited?.on === on ? now - awaited.since : 0;
}

/**
 * The next step of a rollout: never one that leaves fewer votes than commit a block, and never one
 * while another is under way. Pure, and for any chain whose blocks more than two thirds commit.
 */
export function decide(seen: Insight, memory: Memory, policy: Policy): Decision {
  if (seen.unfinished.length === 0 && seen.moving.length === 0) {
    return finish(seen, memory, policy);
  }
  if (seen.now - memory.began > policy.budget) {
    return fail(memory, policy, seen, {
      code: "time-used-up",
      id: null,
      why: `It was given ${minutes(policy.budget)}.`,
    });
  }
  const [moving] = seen.moving;
  return moving ? follow(moving, seen, memory, policy) : choose(seen, memory, policy);
}

/** All are where they are to be; it is over when the chain makes blocks with them. */
function finish(seen: Insight, memory: Memory, policy: Policy): Decision {
  const back = memory.direction === "back";
  if (seen.advances && seen.quorate && !seen.stalled) {
    return { do: "end", outcome: back ? "taken-back" : "done", failure: null };
  }
  if (!seen.quorate) return waitForVotes(seen, memory, policy);
  if (!seen.stalled) return NEXT_BLOCK;
  if (back || seen.bound) return awaitBlock(seen, memory, policy, "chain-stalled");
  return seen.advances
    ? stand(seen, memory, policy, "chain-stalled")
    : awaitBlock(seen, memory, policy, "chain-stood-still");
}

/** What to do about one that was let go. */
function follow(member: Member, seen: Insight, memory: Memory, policy: Policy): Decision {
  const { id, pod, trouble } = member;
  const spent = seen.now - (memory.moving.get(id) ?? seen.now);
  const old = member.revision !== member.wanted;
  if (old && member.resting && (trouble || spent > policy.controller)) {
    const free = trouble || mayGo(member, seen, memory.direction === "back");
    return free ? { do: "delete", member } : waitForVotes(seen, memory, policy);
  }
  if (trouble && (!old || member.revision === null)) {
    return fail(memory, policy, seen, { code: "member-failed", id, why: `${pod}: ${trouble}` });
  }
  if (spent > policy.member) {
    const why = `${pod} does not vote again after ${minutes(policy.member)}.`;
    return fail(memory, policy, seen, { code: "member-late", id, why });
  }
  const free = memory.direction === "forward" && !seen.bound;
  if (seen.stalled && free && !others(seen, id).length) {
    const why = `No block came while ${pod} was being replaced, though all others vote.`;
    return fail(memory, policy, seen, { code: "chain-stalled", id, why });
  }
  return { do: "wait", on: "member", for: `${pod}, ${progressOf(member, seen)}` };
}

/** Whoever does not vote, apart from the one that is being replaced. */
function others({ set, voting }: Insight, id: string): string[] {
  return set.map((each) => each.id).filter((each) => each !== id && !voting.has(each));
}

/** Where a member is on its way back, for a person. */
export function progressOf({ id, revision, wanted }: Member, { presences }: Insight): string {
  if (revision === null) return "which is being made";
  if (revision !== wanted) return "which is to be replaced";
  const presence = presences.get(id);
  if (presence?.state === "behind")
    return `which is ${presence.lag} ${presence.lag === 1 ? "block" : "blocks"} behind`;
  return presence?.state === "unreachable"
    ? "which does not answer yet"
    : "which has not voted yet";
}

/** Which member is let go next, if one may be. */
function choose(seen: Insight, memory: Memory, policy: Policy): Decision {
  const back = memory.direction === "back";
  if (!back && !seen.bound && isLate(seen.fork, seen.set, seen.head)) {
    return forkIsLate(seen, memory, policy);
  }
  if (seen.stalled && !back && !seen.bound) {
    const changed = seen.unfinished.length < seen.members.length;
    return changed
      ? stand(seen, memory, policy, "chain-stalled")
      : awaitBlock(seen, memory, policy, "chain-stood-still");
  }
  if (!seen.advances && !seen.stalled) return NEXT_BLOCK;
  const free = candidates(seen).filter((candidate) => mayGo(candidate, seen, back));
  const shortOf = ({ id }: Member) => (seen.stalled ? [] : shortWithout(id, seen, memory.borne));
  const member = free.find((candidate) => shortOf(candidate).length === 0) ?? free[0];
  if (!member) return waitForVotes(seen, memory, policy);
  const short = shortOf(member);
  if (short.length > 0) return waitForPeers(short, seen, memory, policy);
  if (seen.evictions === "open") return { do: "shut-evictions" };
  if (member.snapshot === "missing" && !back) return { do: "snapshot", member };
  if (member.snapshot === "pending" && !back) {
    return { do: "wait", on: "snapshot", for: `the snapshot of ${member.pod}'s volume` };
  }
  return { do: "let-go", member };
}

/** Nobody is on the way, so that those who are prepared stay too few to determine the fork. */
function forkIsLate(seen: Insight, memory: Memory, policy: Policy): Decision {
  const { height = 0, latest = 0 } = seen.fork ?? {};
  const why =
    `Too few are prepared for block ${height}: the chain is past block ${latest}, ` +
    "after which nobody else is prepared for it.";
  const failure = { code: "fork-late", id: null, why } as const;
  if (policy.late === "pause") return { do: "end", outcome: "paused", failure };
  return fail(memory, policy, seen, failure);
}

/** The chain stands still and nobody is on the way. */
function stand(seen: Insight, memory: Memory, policy: Policy, code: Failure["code"]): Decision {
  const why = `There is no block after ${seen.head}.`;
  return fail(memory, policy, seen, { code, id: null, why });
}

/** The same, for a chain that comes out of it if it is given the time. */
function awaitBlock(
  seen: Insight,
  memory: Memory,
  policy: Policy,
  code: Failure["code"],
): Decision {
  const limit = Math.max(policy.patience, recoveryLimit(seen.timing));
  const over = waited(memory, seen, "block") > limit;
  return over ? stand(seen, memory, policy, code) : NEXT_BLOCK;
}

function waitForVotes(seen: Insight, memory: Memory, policy: Policy): Decision {
  const absent = namesOf(
    seen.set.filter(({ id }) => !seen.voting.has(id)),
    seen,
  );
  const lonely = namesOf(
    seen.set.filter(({ id }) => isLonely(id, seen)),
    seen,
  );
  const lacks = absent || lonely;
  if (lacks && waited(memory, seen, "votes") <= policy.patience) {
    const what = absent ? `the votes of ${absent}` : `the connections of ${lonely}`;
    return { do: "wait", on: "votes", for: what };
  }
  const reason = absent ? `no vote is seen of ${absent}` : `${lonely}: one connection at most`;
  const why = lacks
    ? `With one validator less the others could not commit: ${reason}.`
    : "Each of its validators is needed to commit: none can be replaced while blocks are made.";
  return fail(memory, policy, seen, { code: "votes-missing", id: null, why });
}

/**
 * Nodes dial each other again only after a while. Those that have had their time are let be: the
 * chain may well make its blocks with what they have.
 */
function waitForPeers(short: readonly Short[], seen: Insight, memory: Memory, policy: Policy) {
  const counts = short.map(
    ({ id, peers, needed }) => `${nameOf(id, seen)} (${peers} of ${needed})`,
  );
  const names = counts.join(", ");
  if (waited(memory, seen, "peers") <= policy.dialling) {
    return { do: "wait", on: "peers", for: `the connections of ${names}` } as const;
  }
  const borne = new Map(short.map(({ id, peers }) => [id, peers]));
  const why = `After ${minutes(policy.dialling)} some have no more connections: ${names}.`;
  return { do: "bear", borne, why } as const;
}

function namesOf(those: ValidatorSet, seen: Insight): string {
  return those.map(({ id }) => nameOf(id, seen)).join(", ");
}

function nameOf(id: string, { members, nodes }: Insight): string {
  return members.find((member) => member.id === id)?.pod ?? nodes.get(id)?.name ?? id;
}

/** What is done about a failure: only what was changed can be taken back. */
function fail(memory: Memory, policy: Policy, seen: Insight, failure: Failure): Decision {
  const begun = seen.unfinished.length < seen.members.length || seen.moving.length > 0;
  const others = ["votes-missing", "chain-stood-still"].includes(failure.code);
  const ours = !others || policy.stoppedAfter !== undefined;
  if (!begun || !ours) return { do: "end", outcome: "paused", failure };
  if (memory.direction === "back") return { do: "end", outcome: "stuck", failure };
  const isForked = seen.bound || (seen.fork !== undefined && isDetermined(seen.fork));
  const keepsAll = policy.mayLose || seen.head <= (policy.stoppedAfter ?? seen.head);
  const goesBack = policy.reversible && keepsAll && !isForked;
  return goesBack ? { do: "turn-back", failure } : { do: "end", outcome: "held", failure };
}

function minutes(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
