import { formatEther, parseEther } from "ethers";

/** What a pool looks at in a transaction; a legacy gas price is both of its fees. */
export type PoolTransaction = {
  hash: string;
  nonce: number;
  gas: bigint;
  value: bigint;
  maxFee: bigint;
  tip: bigint;
};

export type Candidate = PoolTransaction & {
  type: number;
  /** 0 without replay protection. */
  chainId: bigint;
  /** Of the signed bytes. */
  size: number;
};

/** A sender as the newest block has it, and what the pool holds of it. */
export type Sender = { nonce: number; balance: bigint; pooled: PoolTransaction[] };

export type PoolChain = { id: bigint; gasLimit: bigint; hasBaseFee: boolean };

export type PoolLimits = {
  /** Transactions of one sender that could be mined now, and those behind a gap in its nonces. */
  executable: number;
  queued: number;
  /** What happens beyond: the hash is returned and the transaction gone, or a refusal. */
  overflow: "drop" | "txpool is full" | "account limit exceeded";
};

/**
 * geth's defaults (`--txpool.accountslots`, `--txpool.accountqueue`). It guarantees the first and
 * grants more while the whole pool has room; here it is a node under load, which does not.
 */
export const gethLimits: PoolLimits = { executable: 16, queued: 64, overflow: "drop" };

/** Both fees of a replacement must be this much higher (`--txpool.pricebump`). */
const PRICE_BUMP_PERCENT = 10n;
/** Of the signed bytes: four slots of 32 KiB. */
const MAX_SIZE = 4 * 32 * 1024;
/** What a node's RPC lets one transaction cost at most (`--rpc.txfeecap`). */
const FEE_CAP = parseEther("1");
const MIN_TIP = 1n;

export type Verdict =
  | { kind: "accept"; evicted: string[] }
  | { kind: "refuse"; message: string }
  /** The sender gets the hash, the pool does not get the transaction. */
  | { kind: "drop" };

/** What geth's pool does with a transaction that comes in, in geth's words (1.16, code -32000). */
export function admit(
  candidate: Candidate,
  sender: Sender,
  chain: PoolChain,
  limits: PoolLimits = gethLimits,
): Verdict {
  const message =
    malformed(candidate, chain) ??
    unacceptable(candidate, sender) ??
    underpriced(candidate, sender);
  if (message) return { kind: "refuse", message };

  const evicted = beyondLimits(candidate, sender, limits);
  if (!evicted.includes(candidate.hash)) return { kind: "accept", evicted };
  if (limits.overflow === "drop") return { kind: "drop" };
  if (limits.overflow === "txpool is full") return { kind: "refuse", message: limits.overflow };
  const pooled = sender.pooled.length;
  return { kind: "refuse", message: `account limit exceeded: pooled ${pooled} txs` };
}

/** What is wrong with the transaction itself. */
function malformed(tx: Candidate, chain: PoolChain): string | undefined {
  const fee = tx.maxFee * tx.gas;
  if (fee > FEE_CAP) {
    return `tx fee (${ether(fee)} ether) exceeds the configured cap (${ether(FEE_CAP)} ether)`;
  }
  if (tx.chainId === 0n) return "only replay-protected (EIP-155) transactions allowed over RPC";
  if (tx.type === 2 && !chain.hasBaseFee) {
    return "transaction type not supported: type 2 rejected, pool not yet in London";
  }
  if (tx.size > MAX_SIZE) {
    return `oversized data: transaction size ${tx.size}, limit ${MAX_SIZE}`;
  }
  if (tx.gas > chain.gasLimit) return "exceeds block gas limit";
  if (tx.tip > tx.maxFee) return "max priority fee per gas higher than max fee per gas";
  if (tx.chainId !== chain.id) {
    return `invalid sender: invalid chain id for signer: have ${tx.chainId} want ${chain.id}`;
  }
  if (tx.tip < MIN_TIP) {
    return `transaction gas price below minimum: gas tip cap ${tx.tip}, minimum needed ${MIN_TIP}`;
  }
  return undefined;
}

/** Why the sender cannot send it, as things stand. */
function unacceptable(tx: Candidate, { nonce, balance, pooled }: Sender): string | undefined {
  if (pooled.some(({ hash }) => hash === tx.hash)) return "already known";
  if (tx.nonce < nonce) return `nonce too low: next nonce ${nonce}, tx nonce ${tx.nonce}`;

  const poor = `insufficient funds for gas * price + value: balance ${balance}`;
  const cost = costOf(tx);
  if (cost > balance) return `${poor}, tx cost ${cost}, overshot ${cost - balance}`;

  const { executable } = lineUp(pooled, nonce);
  const spent = executable.reduce((sum, other) => sum + costOf(other), 0n);
  const replaced = executable.find((other) => other.nonce === tx.nonce);
  const added = cost - (replaced ? costOf(replaced) : 0n);
  if (spent + added <= balance) return undefined;
  const what = replaced ? "tx bumped" : "tx cost";
  const overshot = spent + added - balance;
  return `${poor}, queued cost ${spent}, ${what} ${added}, overshot ${overshot}`;
}

function underpriced(tx: Candidate, { pooled }: Sender): string | undefined {
  const old = pooled.find(({ nonce }) => nonce === tx.nonce);
  if (!old) return undefined;
  const enough = (now: bigint, before: bigint) =>
    now > before && now >= (before * (100n + PRICE_BUMP_PERCENT)) / 100n;
  if (enough(tx.maxFee, old.maxFee) && enough(tx.tip, old.tip)) return undefined;
  return "replacement transaction underpriced";
}

/** The hashes that the pool lets go of, of the highest nonces, once the candidate is in it. */
function beyondLimits(tx: Candidate, { nonce, pooled }: Sender, limits: PoolLimits): string[] {
  const others = pooled.filter((other) => other.nonce !== tx.nonce);
  const { executable, queued } = lineUp([...others, tx], nonce);
  const beyond = [...executable.slice(limits.executable), ...queued.slice(limits.queued)];
  return beyond.map(({ hash }) => hash);
}

/** Those that could be mined now, without a gap from the account's nonce on, and the rest. */
function lineUp<T extends PoolTransaction>(transactions: T[], nonce: number) {
  const sorted = transactions.toSorted((a, b) => a.nonce - b.nonce);
  const gap = sorted.findIndex((tx, index) => tx.nonce !== nonce + index);
  const count = gap === -1 ? sorted.length : gap;
  return { executable: sorted.slice(0, count), queued: sorted.slice(count) };
}

const costOf = ({ gas, maxFee, value }: PoolTransaction): bigint => gas * maxFee + value;

const ether = (wei: bigint): string => Number(formatEther(wei)).toFixed(2);
