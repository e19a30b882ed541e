import { ActionError } from "@playbook/action";
import type { Address } from "../primitives.ts";
import type { LedgerState } from "./state.ts";

/** A key as its chain shows it: how many transactions it has sent. */
export type Sighting = {
  chain: string;
  signer: Address;
  /** In blocks up to the newest one that is final. */
  final: number;
  /** In blocks up to the newest one. */
  latest: number;
  /** Those that the node holds for later counted in. */
  pending: number;
  /** The newest final block. */
  block: number;
};

/** What a ledger has to take over from its chain. */
export type Adoption =
  /** It stands where the chain stands. */
  | { act: "none"; nonce: number }
  /** Entry 0: the ledger speaks for the key from this nonce on. */
  | { act: "begin"; nonce: number; block: number }
  /** Somebody else has used these nonces since, the last one excluded. */
  | { act: "pass"; from: number; upTo: number };

/**
 * What adopting a key comes to. Throws `key-busy` while anything of it is under way, `plan-open`
 * while a plan has it, and `node-behind` when the chain shows less than is settled.
 */
export function adoption(state: LedgerState | undefined, seen: Sighting): Adoption {
  const { final, latest, pending, block } = seen;
  if (state?.open) throw atWork(seen, state.open.deployment);
  if (state && latest < state.nonce) throw behind(seen, state.nonce);
  if (Math.max(latest, pending) > final) throw busy(seen);
  if (!state) return { act: "begin", nonce: final, block };
  if (final === state.nonce) return { act: "none", nonce: final };
  return { act: "pass", from: state.nonce, upTo: final };
}

function busy({ chain, signer, final, latest, pending }: Sighting): ActionError {
  const held = pending > latest ? ` and its node holds ${pending - latest} more` : "";
  return new ActionError("key-busy", {
    what: `${signer} has transactions under way on ${chain}.`,
    why: `${final} of them are final; ${latest} are in blocks${held}.`,
    next: "Wait until all are final, replace what is stuck, and run this again.",
  });
}

function atWork({ chain, signer }: Sighting, deployment: string): ActionError {
  return new ActionError("plan-open", {
    what: `${signer} is at work for ${deployment} on ${chain}.`,
    why: "Its nonces belong to that plan; nothing can be taken over in between.",
    next: "Finish that release, or give it up with `mode: abandon`; then run this again.",
  });
}

function behind({ chain, latest }: Sighting, known: number): ActionError {
  return new ActionError("node-behind", {
    what: `The node shows ${latest} transactions of the key on ${chain}.`,
    why: `${known} are final already: the node is behind, or the chain was taken back.`,
    next: "Use a node that is in sync, and run this again.",
  });
}
