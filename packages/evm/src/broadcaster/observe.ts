import type { Endpoint } from "../endpoint.ts";
import type { LedgerState } from "../ledger/state.ts";
import type { Address, Hex } from "../primitives.ts";
import { RpcError } from "../rpc.ts";
import { minedOf, type Observation } from "./progress.ts";

export type Finality = number | "finalized" | "safe";

/**
 * Looks at the chain once, in one round trip as a rule. All that is read refers to one head: receipts
 * are asked for after it, and a count of nonces that the receipts do not bear out is asked for again as
 * of that block. So it is always when `isExact`, for who must not take an old answer for a new one.
 */
export async function observe(
  endpoint: Endpoint,
  ledger: LedgerState,
  finality: Finality,
  { look, isExact }: { look: number; isExact: boolean },
): Promise<Observation> {
  const { signer, open } = ledger;
  const slots = open?.slots ?? [];
  const hashes = slots.flatMap(({ candidates }) => candidates.map(({ hash }) => hash));
  const [{ head, market }, tagged, latest, pending, receipts] = await Promise.all([
    endpoint.now(),
    typeof finality === "number" ? undefined : endpoint.tagged(finality),
    endpoint.nonce(signer, "latest"),
    endpoint.nonce(signer, "pending"),
    endpoint.receipts(hashes),
  ]);
  const mined = slots.findIndex((slot) => !minedOf(slot, { receipts, head }));
  const proven = ledger.nonce + (mined === -1 ? slots.length : mined);
  const isProven = latest === proven && !isExact;
  const nonce = isProven ? latest : await endpoint.nonce(signer, head.number);
  const final = tagged ?? head.number - Number(finality);
  return { look, head, final, nonce, pending: Math.max(pending, nonce), market, receipts };
}

/**
 * The transaction that used a nonce, and its block; undefined when the chain shows none, which proves
 * nothing: it may be another node, or one that keeps no old states. Halves the blocks between `from`
 * and `to` by the account's nonce in them.
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
