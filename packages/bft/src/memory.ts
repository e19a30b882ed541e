import { inVain, isBinding } from "./fork.ts";
import type { Borne } from "./mesh.ts";
import { headOf, type Presence, presences, type Sight, those } from "./presence.ts";
import { recoveryLimit, stallLimit } from "./timing.ts";
import { hasQuorum, type ValidatorSet } from "./validators.ts";
import type { Member, View } from "./view.ts";

/** What one view cannot tell: since when things are as they are. Times in milliseconds. */
export type Memory = {
  readonly direction: "forward" | "back";
  readonly began: number;
  /** Height of the chain when the rollout began. */
  readonly start: number;
  readonly head: { readonly height: number; readonly at: number };
  /** Since when enough nodes are in step to make blocks; null while they are not. */
  readonly quorate: number | null;
  /** Height from which on each validator's process, as it is now, could be seen to vote. */
  readonly since: ReadonlyMap<string, { readonly incarnation: string; readonly height: number }>;
  /** Members that are new or were let go: on their way, whether or not anything holds them now. */
  readonly touched: ReadonlySet<string>;
  /** Since when each member is on its way. */
  readonly moving: ReadonlyMap<string, number>;
  /** What is waited for, and since when. */
  readonly awaited: { readonly on: string; readonly since: number } | null;
  readonly borne: Borne;
};

/** What a view means, in the light of what was before. */
export type Insight = View & {
  readonly presences: ReadonlyMap<string, Presence>;
  readonly voting: ReadonlySet<string>;
  /** Those whose nodes are where the chain is, whether or not they vote. */
  readonly inStep: ReadonlySet<string>;
  readonly head: number;
  /** Enough nodes are in step to make blocks. */
  readonly quorate: boolean;
  /** Preparing a fork has gone so far that only going on brings blocks about. */
  readonly bound: boolean;
  /** Enough nodes are in step, and no block came for longer than absent leaders explain. */
  readonly stalled: boolean;
  /** Blocks came since the rollout began. */
  readonly advances: boolean;
  /**
   * Members that were let go, or are new, and do not yet vote at the wanted revision, any in
   * trouble first.
   */
  readonly moving: readonly Member[];
  /** Members of another revision than the wanted one. */
  readonly unfinished: readonly Member[];
};

type Beginning = {
  direction?: Memory["direction"];
  touched?: ReadonlySet<string>;
  /** Whose processes may have started while nobody looked: what was voted before proves nothing. */
  unproven?: ReadonlySet<string>;
};

export function begin(
  view: View,
  { direction = "forward", touched = new Set(), unproven = new Set() }: Beginning = {},
): Memory {
  const height = headOf(view.commits, view.nodes);
  const since = view.members.map(({ id, incarnation }) => {
    return [id, { incarnation, height: unproven.has(id) ? height : 0 }] as const;
  });
  return {
    direction,
    began: view.now,
    start: height,
    head: { height, at: view.now },
    quorate: null,
    since: new Map(since),
    touched,
    moving: new Map(),
    awaited: null,
    borne: new Map(),
  };
}

/** The rollout turns back: its clocks start again, and what is known of the chain stays known. */
export function turnBack(memory: Memory, now: number): Memory {
  const touched = new Set([...memory.touched, ...memory.moving.keys()]);
  return { ...memory, direction: "back", began: now, touched, moving: new Map(), awaited: null };
}

/** How many blocks a node may be behind, and within how many everybody who votes is seen. */
export type Span = { readonly lag: number; readonly window: number };

/** Takes a view in. */
export function look(
  before: Memory,
  view: View,
  { lag, window }: Span,
): { memory: Memory; seen: Insight } {
  const height = Math.max(before.head.height, headOf(view.commits, view.nodes));
  const since = new Map(
    view.members.map((member) => {
      const answers = (view.nodes.get(member.id)?.height ?? null) !== null;
      return [member.id, startOf(member, before, answers, height)];
    }),
  );
  const nodes = new Map(
    [...view.nodes].map(([id, node]) => [id, { ...node, since: since.get(id)?.height ?? 0 }]),
  );
  const set = [...view.set, ...strangersIn(view)];
  const vain = inVain(view.fork);
  const sight: Sight = { set, commits: view.commits, nodes, lag, window, vain };
  const found = presences(sight);
  const voting = those(found, "voting");
  const inStep = those(found, "voting", "joining", "silent");
  const at = height > before.head.height ? view.now : before.head.at;
  const quorate = hasQuorum(view.set, inStep) ? (before.quorate ?? view.now) : null;
  const idle = view.now - Math.max(at, quorate ?? view.now);
  const begunIds = new Set([...before.touched, ...before.moving.keys()]);
  const bound = view.fork !== undefined && isBinding(view.fork, view.set, begunIds);
  // Once they are bound, whoever leads in vain stops all, and is not waited out.
  const inVainToo = (id: string) => vain.has(id) && !bound;
  const absent = view.set.filter(({ id }) => !inStep.has(id) || inVainToo(id)).length;
  const patience = stallLimit(view.timing, absent);
  const wasShort = quorate !== null && quorate - at > patience;
  const stalled = idle > (wasShort ? recoveryLimit(view.timing) : patience);
  const runs = quorate !== null && !stalled;
  const forward = before.direction === "forward" && !(bound && stalled);
  const arrived = forward || runs ? voting : inStep;
  const followers = strangersIn(view).filter(({ id }) => inStep.has(id));
  const there = new Set([...arrived, ...followers.map(({ id }) => id)]);
  const begun = view.members.filter((member) => isBegun(member, before));
  const moving = movingOf(begun, there);
  const memory: Memory = {
    ...before,
    head: { height, at },
    quorate,
    since,
    moving: new Map(moving.map(({ id }) => [id, before.moving.get(id) ?? view.now])),
  };
  const seen: Insight = {
    ...view,
    presences: found,
    voting,
    inStep,
    head: height,
    quorate: quorate !== null,
    bound,
    stalled,
    advances: height > before.start,
    moving,
    unfinished: view.members.filter(({ revision, wanted }) => revision !== wanted),
  };
  return { memory, seen };
}

/** Members that have no vote, or none yet: it is enough that they follow the chain. */
function strangersIn({ set, members }: View): ValidatorSet {
  const known = new Set(set.map(({ id }) => id));
  return members.filter(({ id }) => !known.has(id)).map(({ id }) => ({ id, weight: 0 }));
}

/** Let go, or new, or not back yet: not merely of a revision that is to be replaced later. */
function isBegun(
  { id, released, resting, revision, wanted }: Member,
  { touched }: Memory,
): boolean {
  return released || (touched.has(id) && (!resting || revision === wanted));
}

/** Those on their way, until they are among the arrived at the revision that is wanted. */
function movingOf(members: readonly Member[], arrived: ReadonlySet<string>): Member[] {
  return members
    .filter(({ id, ...pod }) => pod.revision !== pod.wanted || pod.trouble || !arrived.has(id))
    .sort((a, b) => Number(b.trouble !== null) - Number(a.trouble !== null));
}

/**
 * A process is new when it was not there at the last look. What one that does not answer did before
 * says nothing of what it does once it answers again.
 */
function startOf({ id, incarnation }: Member, { since }: Memory, answers: boolean, head: number) {
  const known = since.get(id);
  return answers && known?.incarnation === incarnation ? known : { incarnation, height: head };
}
