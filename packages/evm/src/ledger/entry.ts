import { z } from "zod";
import { address, count, hex, wei } from "../primitives.ts";

const digest = z.string().startsWith("sha256:");

const transaction = z.object({
  /** Id of the plan's step; null for a cancellation. */
  step: z.string().nullable(),
  nonce: count,
  hash: hex,
  raw: hex,
});

const settlement = z.object({
  step: z.string().nullable(),
  nonce: count,
  hash: hex,
  block: count,
  succeeded: z.boolean(),
  gasUsed: count,
  /** All that it cost without its value, in wei. */
  fee: wei,
});

/** Entry 0: from which nonce on this ledger speaks for the key. */
const adopted = z.object({
  kind: z.literal("adopted"),
  genesis: hex,
  chainId: count,
  signer: address,
  nonce: count,
  block: count,
});

/** A plan has the key: its steps take the nonces from `firstNonce` on. */
const opened = z.object({
  kind: z.literal("opened"),
  plan: digest,
  deployment: z.string(),
  firstNonce: count,
  steps: count,
});

/** Signed bytes. From here on each of them may take effect at any time. */
const signed = z.object({ kind: z.literal("signed"), transactions: z.array(transaction).min(1) });

/** The same step under the same nonce with higher fees. */
const replaced = z.object({
  kind: z.literal("replaced"),
  transactions: z.array(transaction).min(1),
});

/** A nonce given to a transfer of nothing to oneself, and why. */
const cancelled = z.object({
  kind: z.literal("cancelled"),
  transactions: z.array(transaction).min(1),
  why: z.string(),
});

/** The plan is given up: nothing more of it is signed, and what is signed is to be used up. */
const abandoned = z.object({ kind: z.literal("abandoned"), plan: digest });

/**
 * Somebody else has used all nonces from the first unsettled one up to `upTo`, that one excluded.
 * In an open plan it is one nonce, of a plan that was given up.
 */
const foreign = z.object({
  kind: z.literal("foreign"),
  upTo: count,
  /** The proof: the transaction of the last of them, and the final block that holds it. */
  hash: hex,
  block: count,
});

/** Nonces that are final, in order from the first unsettled one. */
const settled = z.object({ kind: z.literal("settled"), settlements: z.array(settlement).min(1) });

/** The plan has given the key back. Sums up: reading starts here. */
const closed = z.object({
  kind: z.literal("closed"),
  plan: digest,
  deployment: z.string(),
  outcome: z.enum(["complete", "failed", "abandoned"]),
  genesis: hex,
  chainId: count,
  signer: address,
  /** The next nonce that is free. */
  nonce: count,
  block: count,
});

export const body = z.discriminatedUnion("kind", [
  adopted,
  opened,
  signed,
  replaced,
  cancelled,
  abandoned,
  foreign,
  settled,
  closed,
]);

/** What an entry of a signer's ledger on one chain can say. */
export type Body = z.output<typeof body>;
export type Settlement = z.output<typeof settlement>;
export type LedgerTransaction = z.output<typeof transaction>;
