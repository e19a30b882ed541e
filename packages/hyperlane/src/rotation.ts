import type { Address } from "@playbook/evm";
import type { Quorum } from "./quorum.ts";

/** One validator in the place of another, on the chain whose messages both sign. */
export type Rotation = { retiring: Address; successor: Address };

/** A set as a chain has it, with whoever may replace it. */
export type StandingQuorum = Quorum & {
  /** Its chain, for what is done there. */
  chain: string;
  /** Whether our signer may change it, or its owner has to be asked. */
  isOurs: boolean;
  /** Whether no reorganisation can take back what it is. */
  isFinal: boolean;
};

export type RotationView = Rotation & {
  quorums: StandingQuorum[];
  /** Whether its release is there. */
  isInstalled: { retiring: boolean; successor: boolean };
  /** Whether the successor's bucket is named on its chain, by itself. */
  isAnnounced: boolean;
  /**
   * Whether the successor has signed all that may still have to be delivered, and what is newest.
   */
  hasCaughtUp: boolean;
  /** Chains that do not answer, and may count on the retiring one. */
  unreached: readonly string[];
  /** Whether the chain is one of them whose messages both sign. */
  isOriginUnreached: boolean;
  /** Chains with a module that is not known, and may count on the retiring one. */
  unknown: readonly string[];
  /** Validators whose bucket has a reorg_flag.json. */
  flagged: Address[];
};

export type RotationStep =
  | { kind: "install" }
  /** It announces itself as soon as its account can pay for that. */
  | { kind: "await-announcement" }
  | { kind: "await-signatures" }
  /** Replaces the retiring one by its successor: by a transaction, or by asking the owner. */
  | { kind: "change"; broadcast: StandingQuorum[]; propose: StandingQuorum[] }
  /** Chains still count on the retiring one, or might again after a reorganisation. */
  | { kind: "await-finality"; chains: string[] }
  /** What comes next is for chains to say that do not answer. */
  | { kind: "await-answer"; chains: readonly string[] }
  /** Whom modules of these chains count on is not known. */
  | { kind: "await-word"; chains: readonly string[] }
  | { kind: "retire" }
  /** The successor is in the set already, which would have one fewer. */
  | { kind: "refused"; quorum: StandingQuorum }
  | { kind: "stop"; flagged: Address[] }
  | { kind: "done" };

/**
 * What a rotation does next. The successor signs before any set counts on it, and the retiring one
 * until none does: no set has fewer who sign than it had. It is decided by what is there, so that
 * another run goes on where one was lost; a change that was proposed already is proposed again.
 */
export function nextInRotation(view: RotationView): RotationStep {
  const { quorums, retiring, isInstalled, unreached, unknown, flagged } = view;
  if (flagged.length > 0) return { kind: "stop", flagged };

  const counting = quorums.filter(({ validators }) => validators.includes(retiring));
  if (counting.length > 0) return takeOver(view, counting);

  const unsettled = quorums.filter(({ isFinal }) => !isFinal);
  if (!isInstalled.retiring) return { kind: "done" };
  if (unsettled.length > 0) return { kind: "await-finality", chains: chainsOf(unsettled) };
  if (unreached.length > 0) return { kind: "await-answer", chains: unreached };
  if (unknown.length > 0) return { kind: "await-word", chains: unknown };
  return { kind: "retire" };
}

function takeOver(view: RotationView, counting: StandingQuorum[]): RotationStep {
  const quorum = counting.find(({ validators }) => validators.includes(view.successor));
  if (quorum) return { kind: "refused", quorum };
  if (!view.isInstalled.successor) return { kind: "install" };
  if (view.isOriginUnreached) return { kind: "await-answer", chains: view.unreached };
  if (!view.isAnnounced) return { kind: "await-announcement" };
  if (!view.hasCaughtUp) return { kind: "await-signatures" };
  return {
    kind: "change",
    broadcast: counting.filter(({ isOurs }) => isOurs),
    propose: counting.filter(({ isOurs }) => !isOurs),
  };
}

function chainsOf(quorums: StandingQuorum[]): string[] {
  return [...new Set(quorums.map(({ chain }) => chain))].sort();
}
