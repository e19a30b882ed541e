import type { Call, Epoch, Hex, Member } from "@playbook/axon";
import type { SetChange } from "@playbook/bft";

/** How a chain takes another set: from the next block on, or with an epoch that is appended. */
export type Way = { readonly kind: "at-once" } | ({ readonly kind: "epoch" } & Epoch);

/** A change that was begun: it is written down before anything is signed. */
export type Pending = {
  readonly kind: SetChange["kind"];
  readonly id: Hex;
  /** The set after it. */
  readonly members: readonly Member[];
  readonly way: Way;
  readonly call: Call;
  /** Public key of the validator that signs. */
  readonly signer: Hex;
  /** What was signed: whoever has these bytes can send them, from then on. */
  readonly signed: { readonly raw: Hex; readonly hash: Hex } | null;
};

/** What was announced of a chain's set, and what is under way. */
export type Entry = {
  /** The set as it was last announced. */
  readonly members: readonly Member[];
  /** Height at which it was last seen to be in force. */
  readonly height: number;
  /** The last epoch that was appended, where the chain has that way. */
  readonly epoch: Epoch | null;
  readonly pending: Pending | null;
  /** Who was taken in last, and has not been seen voting since. */
  readonly proving: Hex | null;
  /** Who was taken out: their nodes may be stopped. */
  readonly removed: readonly Hex[];
  /** Whose node has not read the keys of its epoch yet. */
  readonly restart: Restart | null;
};

/**
 * A node that has to start anew. Axon takes the keys of a new epoch in with a block that it commits
 * by votes, which one without a vote never does, or when it starts: until then it refuses what has
 * the newcomer's signature, its own. Source: axonweb3/axon v0.3.1,
 * `ConsensusEngine::update_status`.
 */
export type Restart = {
  readonly id: Hex;
  /** The epoch's first block: a start before it would read the old keys. */
  readonly from: number;
  /** The pod that has not, by its uid. */
  readonly pod: string;
};

/** What became of a call: in which block it is, and whether that block carried it out. */
export type Receipt = { readonly height: number; readonly succeeded: boolean };

/**
 * What is announced when a set is taken as it is. A change that was begun is of the set before it:
 * it would bring back who was taken out since. Only an epoch that is decided comes all the same.
 */
export function announced(
  entry: Entry,
  members: readonly Member[],
  height: number,
  receipt: Receipt | null,
): Entry {
  const { pending, proving, restart } = entry;
  const isDecided = pending?.way.kind === "epoch" && receipt?.succeeded;
  const isMember = (id: Hex | undefined) => members.some(({ pub_key }) => pub_key === id);
  return {
    ...{ ...entry, members, height },
    pending: isDecided ? pending : null,
    proving: isMember(proving ?? undefined) ? proving : null,
    restart: isMember(restart?.id) ? restart : null,
  };
}

/** A change whose call is signed and in no block: whoever has its bytes can still send it. */
export function isAtLarge(pending: Pending | null, receipt: Receipt | null): pending is Pending {
  return pending !== null && pending.signed !== null && receipt === null;
}

/**
 * What a person has to do once a newcomer's epoch has begun; empty where nothing is to be done. Its
 * own node is restarted where it is here (`Restart`); who else has missed the epoch is not known.
 */
export function restartText(
  { kind, id, way }: Pending,
  isHere: boolean,
  nameOf: (id: string) => string,
): string {
  if (way.kind !== "epoch" || kind !== "add") return "";
  const who = isHere ? "" : `${nameOf(id)} and `;
  return (
    `To be restarted: ${who}each validator that was not in step when block ${way.start - 1n} ` +
    "came. axonweb3/axon has not read the new epoch's keys there: until then it votes at times, " +
    "leads in vain, and the chain stands still when another one fails."
  );
}

type Settling = {
  wanted: readonly Member[];
  height: number;
  /** Pods by the public keys of those who run in them. */
  running: ReadonlyMap<string, string>;
};

/** What is announced once the change that was begun is in force. */
export function settled(entry: Entry, { wanted, height, running }: Settling): Entry {
  const { pending } = entry;
  if (!pending) return { ...entry, height };
  const { kind, id, members, way } = pending;
  const isWanted = wanted.some(({ pub_key }) => pub_key === id);
  const removed = entry.removed.filter((each) => each !== id);
  return {
    members,
    height,
    epoch:
      way.kind === "epoch" ? { epoch: way.epoch, start: way.start, end: way.end } : entry.epoch,
    pending: null,
    proving: kind === "add" ? id : null,
    removed: kind === "remove" && !isWanted ? [...removed, id] : removed,
    restart: restartAfter(pending, running),
  };
}

function restartAfter({ kind, id, way }: Pending, running: Settling["running"]): Restart | null {
  const pod = running.get(id);
  if (kind !== "add" || way.kind !== "epoch" || pod === undefined) return null;
  return { id, from: Number(way.start), pod };
}
