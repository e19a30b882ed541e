import type { Endpoint, Receipt } from "../endpoint.ts";
import type { LedgerState, Slot } from "../ledger/state.ts";
import type { Address, Hex } from "../primitives.ts";
import { RpcError } from "../rpc-error.ts";
import { minedOf, type Observation } from "./progress.ts";

export type Finality = number | "finalized" | "safe";

export type Asking = {
  /** Counts the looks of a run. */
  look: number;
  /** Receipts that are final: they are not asked for again. */
  known: ReadonlyMap<Hex, Receipt>;
  /**
   * The nonce up to which the node should count, by what it took; 0 when it never shows its pool.
   */
  handed: number;
  /** True for who must not take an old answer for a new one. */
  isExact: boolean;
};

/**
 * Looks at the chain once, in one round trip as a rule. What was read at one moment may contradict
 * itself: nodes behind one address differ, and a block may come in between. So where receipts,
 * count and pool do not bear each other out, the count is asked for as of the head, and then what
 * that block must have.
 */
export async function observe(
  endpoint: Endpoint,
  ledger: LedgerState,
  finality: Finality,
  { look, known, handed, isExact }: Asking,
): Promise<Observation> {
  const { signer, open } = ledger;
  const slots = open?.slots ?? [];
  const [{ head, market }, tagged, latest, pending, early] = await Promise.all([
    endpoint.now(),
    typeof finality === "number" ? undefined : endpoint.tagged(finality),
    endpoint.nonce(signer, "latest"),
    endpoint.nonce(signer, "pending"),
    endpoint.receiptsSoFar(hashesOf(slots, known)),
  ]);
  const seen = { look, head, market, final: tagged ?? head.number - Number(finality) };

  // A receipt from before the head may be of a block that was taken back in between.
  const doubtful = finality === 0 ? [] : hashesUpTo(seen.final, early);
  const again = await endpoint.receiptsSoFar(doubtful);
  const taken = doubtful.filter((hash) => !again.has(hash));
  const receipts = new Map([...known, ...early, ...again]);
  for (const hash of taken) receipts.delete(hash);
  const missing = slots.findIndex((slot) => !minedOf(slot, { receipts, head }));
  const shown = ledger.nonce + (missing === -1 ? slots.length : missing);
  if (latest === shown && pending >= handed && !isExact) {
    return { ...seen, receipts, nonce: latest, pending: Math.max(pending, latest) };
  }
  const nonce = await endpoint.nonce(signer, head.number);
  const late = await endpoint.receipts(
    hashesOf(
      slots.filter((slot) => slot.nonce < nonce),
      receipts,
    ),
  );
  return {
    ...seen,
    receipts: new Map([...receipts, ...late]),
    nonce,
    pending: Math.max(pending, nonce),
  };
}

function hashesUpTo(block: number, receipts: ReadonlyMap<Hex, Receipt>): Hex[] {
  return [...receipts.values()].filter((one) => one.block <= block).map(({ hash }) => hash);
}

function hashesOf(slots: Slot[], known: ReadonlyMap<Hex, Receipt>): Hex[] {
  return slots
    .flatMap(({ candidates }) => candidates.map(({ hash }) => hash))
    .filter((hash) => !known.has(hash));
}

/**
 * The transaction that used a nonce, and its block; undefined when the chain shows none, which
 * proves nothing: it may be another node, or one that keeps no old states. Halves the blocks
 * between `from` and `to` by the account's nonce in them.
 */
export async function whoUsed(
  endpoint: Endpoint,
  signer: Address,
  nonce: number,
  from: number,
  to: number,
): Promise<{ hash: Hex; block: number } | undefined> {
  try {
    // What the ledger knew at `from` may have been taken back since, when that was not final.
    const start = (await endpoint.nonce(signer, from)) > nonce ? 0 : from;
    let [low, high] = [start, to];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((await endpoint.nonce(signer, middle)) > nonce) high = middle;
      else low = middle + 1;
    }
    const hash = await endpoint.transactionOf(signer, nonce, low);
    return hash && { hash, block: low };
  } catch (error) {
    if (error instanceof RpcError) return undefined;
    throw error;
  }
}
