/** What a node said of bytes that it was given. Only a receipt proves anything. */
export type SendVerdict =
  | { verdict: "taken" }
  | { verdict: "known" }
  | { verdict: "nonce-spent" }
  /** The node could take it later: its pool is full, or it takes no nonce out of turn. */
  | { verdict: "too-early"; said: string }
  | { verdict: "fee-too-low"; said: string }
  | { verdict: "no-funds"; said: string }
  | { verdict: "refused"; said: string };

type Sorted = "known" | "nonce-spent" | "too-early" | "fee-too-low" | "no-funds";

/**
 * The words of geth and what descends from it (op-geth, nitro, bor, bsc), erigon, nethermind, besu,
 * reth, anvil, zkSync, openethereum, substrate's frontier, harmony. The first that fits decides.
 */
const WORDS: [Sorted, RegExp][] = [
  ["known", /\balready (known|imported)|\bAlready(Known|Imported)|\bknown transaction/i],
  ["known", /existing txn? with same hash|same hash was already|\btx already exist/i],

  ["nonce-spent", /\bnonce (is )?too low|\bold ?nonce|\bstale nonce|Pool\(Stale\)/i],
  ["nonce-spent", /\binvalid transaction nonce|\balready (mined|finalized)|^mined$/i],

  ["too-early", /\bnonce (is )?too (high|distant|far)|\bNonceGap|\bin too distant future/i],
  ["too-early", /\btransaction with a lower nonce exists|\bgapped/i],

  ["fee-too-low", /underpriced|\bfee ?too ?low|less than (block )?base fee/i],
  ["fee-too-low", /below (the )?(current )?(base fee|(configured )?minimum)/i],
  ["fee-too-low", /\bgas ?price (.+ )?(is )?(too low|less than)|gas price minimum floor/i],
  ["fee-too-low", /could not replace existing|insufficient gas price to replace/i],
  ["fee-too-low", /same nonce (already inserted|in the queue)|same nonce in the tx pool/i],

  ["no-funds", /insufficient (funds|balance)|\bInsufficientFunds|not enough funds/i],
  ["no-funds", /upfront cost exceeds|would cause overdraft|out of balance/i],

  ["too-early", /(pool|queue) (is )?full|\baccount limit exceeded|identified as a spammer/i],
  ["too-early", /too many (pending )?transactions|in-flight transaction limit|^spammer$/i],
  ["too-early", /pool size constraints|future transaction tries to replace/i],
];

/** Sorts a node's words for a transaction that it did not take. */
export function judgeRefusal(said: string): SendVerdict {
  const found = WORDS.find(([, words]) => words.test(said));
  if (!found) return { verdict: "refused", said };
  const [verdict] = found;
  return verdict === "known" || verdict === "nonce-spent" ? { verdict } : { verdict, said };
}

/**
 * Whether a refused `eth_call` says that the call itself fails, rather than that it cannot be
 * tried.
 */
export function saysItFails({ code, message }: { code: number; message: string }): boolean {
  if (code === 3 || code === -32015) return true;
  return /\brevert|out of gas|invalid opcode|stack (under|over)flow|bad jump|vm exec/i.test(
    message,
  );
}
