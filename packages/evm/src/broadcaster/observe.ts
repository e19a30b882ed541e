import type { Endpoint } from "../endpoint.ts";
import type { LedgerState } from "../ledger/state.ts";
import type { Address, Hex } from "../primitives.ts";
import { RpcError } from "../rpc.ts";
import type { Observation } from "./progress.ts";

export type Finality = number | "finalized" | "safe";

/** Looks at the chain once. All reads refer to one head, so that they do not contradict each other. */
export async function observe(
  endpoint: Endpoint,
  ledger: LedgerState,
  finality: Finality,
  look: number,
): Promise<Observation> {
  const head = await endpoint.head();
  const [nonce, pending, market, final] = await Promise.all([
    endpoint.nonce(ledger.signer, head.number),
    endpoint.nonce(ledger.signer, "pending"),
    endpoint.market(head),
    finalBlock(endpoint, finality, head.number),
  ]);

  const included = (ledger.open?.slots ?? []).filter((slot) => slot.nonce < nonce);
  const hashes = included.flatMap((slot) => slot.candidates.map(({ hash }) => hash));
  const receipts = await endpoint.receipts(hashes);
  return { look, head, final, nonce, pending: Math.max(pending, nonce), market, receipts };
}

async function finalBlock(endpoint: Endpoint, finality: Finality, head: number): Promise<number> {
  return typeof finality === "number" ? head - finality : endpoint.tagged(finality);
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
