import { count } from "@playbook/action";
import type { Address } from "@playbook/evm";
import type { Purse, Signing } from "./journey.ts";

/** Something that is wrong, as it stands. */
export type Finding = {
  rule: keyof typeof MENDED_BY;
  chain: string;
  about: string;
  why: string;
};

/** What to do about it, for each rule. */
export const MENDED_BY = {
  "chain-away": "See to its nodes, or give others in `rpc-urls`.",
  "no-mailbox": "Deploy Hyperlane there, or take the chain out of `chains`.",
  "wrong-address": "Correct the address in the registry.",
  "core-differs": "See who has changed it; `deploy-hyperlane-core` plans what brings it back.",
  "no-route": "Give the destination's ISM a route for the origin, or take it out of `routes`.",
  "no-tree":
    "See who has changed the origin's hooks: one of them has to be or to hold a merkle tree hook.",
  paused: "See why it was paused; its owner can unpause it.",
  "not-announced": "See its pod's log: a validator announces itself as soon as it can pay for it.",
  "reorg-flag":
    "The validator has seen another chain. Find out which is right; never just clear it.",
  "held-by-flag":
    "Take the validator out of the destination's ISM: until then no message is delivered there.",
  "held-by-signature":
    "Mend the validator, or take it out of the destination's ISM: until then messages may stay.",
  "not-signed": "See the validator's log, key and bucket.",
  "signed-ahead":
    "Find out whether the chain went back. If so, rotate its " +
    "key and bucket: it must not sign anew.",
  "too-few-sign": "Bring back as many validators as are missing: no message is delivered before.",
  "poor-relayer": "Send it coins.",
} as const;

/** What was seen of a chain whose messages are signed. */
export type OriginSeen = {
  chain: string;
  /** Of the newest checkpoint that should be signed; none before the first message. */
  signing: Signing[];
  /** Validators without an announcement. */
  silent: Address[];
  flagged: Address[];
  /** Those that have signed what the chain does not have. */
  ahead: Ahead[];
};

/** A validator's newest index, and how many messages the tree has. */
export type Ahead = { validator: Address; latest: number; leaves: number };

/** What was seen of one route, from the destination's side. */
export type RouteSeen = {
  origin: string;
  destination: string;
  hasRoute: boolean;
  isPaused: boolean;
  /** Whether it asks for signatures, and no hook puts messages where they are signed. */
  isUnsignable: boolean;
  /** Of those who judge its messages, whoever has given up its chain. */
  flagged: Address[];
  /** And whose signature keeps relayers from using the others'. */
  spoiling: Address[];
  /** By those who have signed the origin's newest checkpoint; null where it is not known. */
  isEnough: boolean | null;
};

export type ChainSeen = {
  chain: string;
  pausedHooks: Address[];
  /** What differs from the core config. */
  changes: { subject: string; from: string; to: string }[];
  purses: Purse[];
};

/** What is wrong with a chain by itself. */
export function findingsOfChain({ chain, pausedHooks, changes, purses }: ChainSeen): Finding[] {
  return [
    ...changes.map(({ subject, from, to }): Finding => {
      return {
        rule: "core-differs",
        chain,
        about: subject,
        why: `It is ${from}, and shall be ${to}.`,
      };
    }),
    ...pausedHooks.map((hook): Finding => {
      return { rule: "paused", chain, about: hook, why: "This hook lets no message out." };
    }),
    ...purses
      .filter(({ balance, least }) => balance <= least)
      .map(({ relayer, coins }): Finding => {
        return { rule: "poor-relayer", chain, about: relayer, why: `It has ${coins}.` };
      }),
  ];
}

/** What is wrong with those who sign a chain's messages. */
export function findingsOfOrigin(seen: OriginSeen): Finding[] {
  const { chain, signing, silent, flagged, ahead } = seen;
  return [
    ...silent.map((one): Finding => {
      const why = "It counts for other chains' ISMs, and says nowhere where it signs.";
      return { rule: "not-announced", chain, about: one, why };
    }),
    ...flagged.map((one): Finding => {
      return { rule: "reorg-flag", chain, about: one, why: "Its bucket has a reorg_flag.json." };
    }),
    ...ahead.map(({ validator, latest, leaves }): Finding => {
      const why = `It has signed up to index ${latest}, and the tree has ${count(leaves, "message")}.`;
      return { rule: "signed-ahead", chain, about: validator, why };
    }),
    ...signing
      .filter(({ validator }) => !silent.includes(validator))
      .flatMap(({ validator, flaw }): Finding[] =>
        flaw === null ? [] : [{ rule: "not-signed", chain, about: validator, why: flaw }],
      ),
  ];
}

/** What a finding of a route is about, on its destination. */
export function aboutRoute({ origin }: { origin: string }): string {
  return `messages from ${origin}`;
}

/** What keeps messages of a route from arriving. */
export function findingsOfRoute(seen: RouteSeen): Finding[] {
  const { origin, destination: chain, hasRoute, isPaused, isUnsignable, isEnough } = seen;
  const { flagged, spoiling } = seen;
  const about = aboutRoute(seen);
  if (!hasRoute) return [{ rule: "no-route", chain, about, why: "Its ISM knows no such origin." }];
  if (isPaused) return [{ rule: "paused", chain, about, why: "A module of its ISM is paused." }];
  const unsigned = `No hook of ${origin}'s mailbox puts them into a merkle tree: nobody signs them.`;
  const few = "Fewer validators sign the newest message than its ISM asks for.";
  return [
    ...(isUnsignable ? [{ rule: "no-tree" as const, chain, about, why: unsigned }] : []),
    ...(flagged.length > 0
      ? [{ rule: "held-by-flag" as const, chain, about, why: holdOf(flagged) }]
      : []),
    ...(spoiling.length > 0
      ? [{ rule: "held-by-signature" as const, chain, about, why: spoilOf(spoiling) }]
      : []),
    ...(isEnough === false ? [{ rule: "too-few-sign" as const, chain, about, why: few }] : []),
  ];
}

/**
 * The official relayer ends the making of a whole proof at the first flag, whoever else has signed.
 */
export function holdOf(flagged: readonly Address[]): string {
  const who = `${flagged.join(", ")} ${flagged.length === 1 ? "has" : "have"} a reorg_flag.json`;
  return `${who}: relayers bring nothing that such a validator judges, however many others sign.`;
}

/** Official relayers choose signatures by their root, and find out afterwards that they differ. */
export function spoilOf(spoiling: readonly Address[]): string {
  if (spoiling.length === 0) return "";
  const who = `${spoiling.join(", ")} ${spoiling.length === 1 ? "has" : "have"}`;
  return (
    `${who} signed something else under the right root, or unreadably: relayers that come by it ` +
    "bring nothing, however many others sign."
  );
}
