import type { Address, Hex } from "@playbook/evm";
import { holdOf, spoilOf } from "./finding.ts";
import type { Loss } from "./lost.ts";

/** From which chain to which, by their names. */
export type Route = { origin: string; destination: string };

export const nameOf = ({ origin, destination }: Route): string => `${origin} > ${destination}`;

export function isSameRoute(one: Route, other: Route): boolean {
  return one.origin === other.origin && one.destination === other.destination;
}

/** What a validator's bucket says of one checkpoint. */
export type Signing = {
  validator: Address;
  /** Null where it has signed what is right. */
  flaw: string | null;
  /** Whether relayers take what is flawed for one of the signatures that are enough. */
  spoils: boolean;
  signature: Hex | null;
  /** When its bucket got it, in milliseconds since the epoch. */
  at: number | null;
};

/** A relayer as it stands on the destination. */
export type Purse = {
  relayer: Address;
  /** In wei. */
  balance: bigint;
  least: bigint;
  /** The balance, for a person. */
  coins: string;
};

/** Everything that was seen of one message, as of one moment. */
export type Journey = {
  route: Route;
  sent: { hash: Hex; id: Hex; at: number } | null;
  /** Why nothing was sent. */
  refusal: string | null;
  /** Null where it came into no tree. */
  index: number | null;
  signing: Signing[];
  /** Those among them who have given up their chain: of a message that has not arrived. */
  flagged: Address[];
  /** Whether those who signed are enough for the destination; null where that is not known. */
  isEnough: boolean | null;
  /** When so many had signed that it was enough, in milliseconds since the epoch; null before. */
  enoughAt: number | null;
  /** Whether a module on the destination lets nothing pass. */
  isPaused: boolean;
  /** The types of its modules that Hyperlane's own relayers make no proof for. */
  unprovable: string[];
  /** What the destination's mailbox says to the signatures that are there; null when not asked. */
  answer: "accepted" | { refusal: string } | null;
  purses: Purse[];
  delivered: { hash: Hex; by: Address; at: number } | null;
  /** The chain that stopped answering while the message was followed. */
  lost: Loss | null;
};

/** What a message passes, in this order. */
export const HOPS = ["dispatched", "in the tree", "signed", "relayed", "delivered"] as const;

export type Hop = (typeof HOPS)[number];

export type Verdict = {
  route: Route;
  /** The first hop that is missing; null when it arrived. */
  missing: Hop | null;
  /** Why it is; empty when it arrived. */
  why: string;
  /** Seconds since it was dispatched, of each hop that it took. */
  seconds: Partial<Record<Hop, number>>;
};

/** How far a message came, and what keeps it. */
export function verdictOf(journey: Journey): Verdict {
  const { route } = journey;
  const [missing, why] = gapOf(journey) ?? [null, ""];
  return { route, missing, why, seconds: secondsOf(journey) };
}

function gapOf(journey: Journey): [Hop, string] | undefined {
  const { sent, refusal, index, signing, flagged, isEnough, isPaused, answer, delivered, lost } =
    journey;
  if (delivered) return undefined;
  if (!sent) return ["dispatched", refusal ?? "It was not sent."];
  if (index === null) {
    return ["in the tree", "No hook has put it into a merkle tree: nobody will sign it."];
  }
  if (lost) return ["delivered", `${lost.chain} has stopped answering: ${lost.why}`];
  if (isPaused) return ["delivered", "A module of the destination's ISM is paused."];
  const hold = flagged.length > 0 ? holdOf(flagged) : spoilOf(spoilersIn(signing));
  if (isEnough === false) return ["signed", `${shortageOf(signing)} ${hold}`.trim()];
  if (answer !== null && answer !== "accepted") {
    return ["delivered", `The mailbox would refuse it: ${answer.refusal} ${hold}`.trim()];
  }
  return ["relayed", hold || idlenessOf(journey)];
}

/** Those whose signature keeps relayers from using the others'. */
export function spoilersIn(signing: readonly Signing[]): Address[] {
  return signing.filter(({ spoils }) => spoils).map(({ validator }) => validator);
}

function shortageOf(signing: readonly Signing[]): string {
  if (signing.length === 0)
    return "The destination has no route for it: nobody's signature counts.";
  const missing = signing.filter(({ flaw }) => flaw !== null);
  const right = signing.length - missing.length;
  const each = missing.map(({ validator, flaw }) => `${validator}: ${flaw}`);
  return [`${right} of ${signing.length} have signed it, which is too few.`, ...each].join(" ");
}

function idlenessOf({ purses, answer, unprovable }: Journey): string {
  const ready = answer === "accepted" ? ", and the mailbox would take it" : "";
  const idle = `Enough have signed it${ready}; no relayer has brought it.`;
  if (unprovable.length > 0) {
    return `${idle} Hyperlane's own never do: they make no proof for ${unprovable.join(" and ")}.`;
  }
  const poor = purses.filter(({ balance, least }) => balance <= least);
  const told = poor.map(({ relayer, coins }) => `${relayer} has ${coins}.`).join(" ");
  if (poor.length > 0 && poor.length === purses.length) return `No relayer has coins. ${told}`;
  return [idle, told].join(" ").trim();
}

/**
 * When the last of those signed who were needed, in milliseconds since the epoch; null where too
 * few did.
 */
export function enoughSince(
  signing: readonly Signing[],
  isEnough: (signers: ReadonlySet<Address>) => boolean | null,
): number | null {
  const signed = signing.flatMap(({ validator, flaw, at }) =>
    flaw === null && at !== null ? [{ validator, at }] : [],
  );
  const signers = new Set<Address>();
  for (const { validator, at } of signed.toSorted((a, b) => a.at - b.at)) {
    signers.add(validator);
    if (isEnough(signers) === true) return at;
  }
  return null;
}

/** By the clocks of those who wrote it down: blocks, and buckets. */
function secondsOf({ sent, index, enoughAt, delivered }: Journey): Verdict["seconds"] {
  if (!sent) return {};
  const since = (at: number) => Math.max(0, Math.round((at - sent.at) / 1000));
  return {
    dispatched: 0,
    ...(index !== null && { "in the tree": 0 }),
    ...(enoughAt !== null && { signed: since(enoughAt) }),
    ...(delivered && { relayed: since(delivered.at), delivered: since(delivered.at) }),
  };
}
