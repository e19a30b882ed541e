import type { Validator, ValidatorSet } from "./validators.ts";

/**
 * What a committed block tells of the validators. The voters in a proof are the first that made up
 * more than two thirds: one who is not among them may have voted all the same.
 */
export type Commit = {
  readonly height: number;
  readonly voters: ReadonlySet<string>;
  /** Who was to lead one of its earlier rounds and did not bring a block about. */
  readonly missed: ReadonlySet<string>;
};

/** A validator's node as it answers just now. Those of other operators are not among ours. */
export type Node = {
  readonly id: string;
  /** What a person knows it by. */
  readonly name?: string;
  /** Height of its newest block; null when it does not answer. */
  readonly height: number | null;
  /**
   * How many others it is connected with, where votes go by these connections alone; null where
   * that is not known, or nodes pass each other's votes on.
   */
  readonly peers: number | null;
  /** Height of the chain when its process started, as far as that was seen. */
  readonly since: number;
};

/** Present means voting: a node that answers, or is Ready, need not take part. */
export type Presence =
  | { readonly state: "voting"; readonly height: number; readonly vote: number }
  /** Started too shortly ago to say. */
  | { readonly state: "joining"; readonly height: number }
  | { readonly state: "silent"; readonly height: number; readonly vote: number | null }
  | { readonly state: "behind"; readonly height: number; readonly lag: number }
  | { readonly state: "unreachable" };

export type Sight = {
  readonly set: ValidatorSet;
  /** Recent commits, oldest first. */
  readonly commits: readonly Commit[];
  readonly nodes: ReadonlyMap<string, Node>;
  /** Within how many blocks everybody who votes is sure to be seen. */
  readonly window: number;
  /** How many blocks a node may be behind the newest and still vote in time. */
  readonly lag: number;
  /** Whose blocks are refused: that they miss their turns to lead tells nothing of their votes. */
  readonly vain: ReadonlySet<string>;
};

/** Height of the newest block that anybody knows. */
export function headOf(
  commits: readonly Commit[],
  nodes: ReadonlyMap<string, Pick<Node, "height">>,
): number {
  const heights = [...nodes.values()].map(({ height }) => height ?? 0);
  return Math.max(0, commits.at(-1)?.height ?? 0, ...heights);
}

/** Where each validator stands, by its id. */
export function presences(sight: Sight): Map<string, Presence> {
  return new Map(sight.set.map((validator) => [validator.id, presenceOf(validator, sight)]));
}

function presenceOf({ id }: Validator, sight: Sight): Presence {
  const head = headOf(sight.commits, sight.nodes);
  const { height, since } = sight.nodes.get(id) ?? { height: head, since: 0 };
  if (height === null) return { state: "unreachable" };
  const lag = head - height;
  if (lag > sight.lag) return { state: "behind", height, lag };
  const vote = last(sight.commits, since, ({ voters }) => voters.has(id));
  const miss = sight.vain.has(id)
    ? null
    : last(sight.commits, since, ({ missed }) => missed.has(id));
  if (vote !== null && (miss === null || miss <= vote)) return { state: "voting", height, vote };
  if (head - since < sight.window) return { state: "joining", height };
  return { state: "silent", height, vote };
}

/** Height of the newest commit above `since` of which `holds` is true. */
function last(
  commits: readonly Commit[],
  since: number,
  holds: (commit: Commit) => boolean,
): number | null {
  return commits.findLast((commit) => commit.height > since && holds(commit))?.height ?? null;
}

/** Those that are in one of these states. */
export function those(
  presences: ReadonlyMap<string, Presence>,
  ...states: Presence["state"][]
): Set<string> {
  const found = [...presences].filter(([, { state }]) => states.includes(state));
  return new Set(found.map(([id]) => id));
}
