import type { Chain } from "@playbook/world";
import { Transaction } from "ethers";
import type { Act, Fault, Stand } from "./fault.ts";
import { poolOf } from "./scene.ts";

const SEND = "eth_sendRawTransaction";
const GWEI = 1_000_000_000n;

const nothing = () => {};

/**
 * After a block at 1 gwei none comes before all are sent. The base fee of the first is twice the
 * most that they offer, and doubles so many times in all, until it is cheap again. No earlier: an
 * anvil refuses what a geth would keep waiting.
 */
async function dearer(stand: Stand, times: bigint, isOver = () => false): Promise<void> {
  let offered = 0n;
  let blocks = 0n;
  const { promise: isCheap, resolve: cheap } = Promise.withResolvers<void>();
  stand.afterSend(13, () => {
    offered = mostOffered(stand.chain);
  });
  stand.eachBlock(async () => {
    if (blocks > 0n) cheap();
    if (blocks > 0n && offered === 0n) return false;
    const doublings = blocks < times ? blocks : times;
    blocks += 1n;
    const fee = doublings === 0n || isOver() ? GWEI : offered * 2n ** doublings;
    return stand.chain.send("anvil_setNextBlockBaseFeePerGas", [`0x${fee.toString(16)}`]);
  });
  await isCheap;
}

function mostOffered({ chaos }: Chain): bigint {
  const sent = chaos.calls(SEND).map(({ params }) => Transaction.from(String(params[0])));
  const offers = sent.map(({ maxFeePerGas, gasPrice }) => maxFeePerGas ?? gasPrice ?? 0n);
  return offers.reduce((most, one) => (one > most ? one : most), 0n);
}

/**
 * Takes back the first block of ours and those before it, when the run has been shown a receipt.
 */
const takeBack =
  (depth: number, fate: "lost" | "pooled"): Act =>
  ({ chain, signer, atReceipt, eachBlock, counts }) => {
    let taken = 0;
    let isShown = false;
    atReceipt(async () => {
      isShown = true;
      const landed = await chain.nonce(signer);
      await chain.reorg(depth, fate);
      taken = landed - (await chain.nonce(signer));
    });
    counts(() => taken);
    // A block before it is counted would bring back what was taken, and none would come after it.
    eachBlock(async () => taken > 0 || ((await chain.nonce(signer)) === 0 && !isShown));
  };

/** No block comes before the pool holds anything; then it holds nothing any more. */
const forget: Act = ({ chain, eachBlock, counts }) => {
  let forgotten = 0;
  eachBlock(async () => {
    if (forgotten > 0) return true;
    forgotten = await poolOf(chain);
    await chain.send("anvil_dropAllTransactions");
    return forgotten > 0;
  });
  counts(() => forgotten);
};

/** No block comes before the pool has given hashes for transactions that it does not hold. */
const overflow: Act = ({ chain, eachBlock, counts }) => {
  let unknown = 0;
  const isUnknown = async (hash: unknown) =>
    (await chain.send("eth_getTransactionByHash", [hash])) === null;
  eachBlock(async () => {
    if (unknown > 0) return true;
    const hashes = chain.chaos
      .calls(SEND)
      .flatMap(({ reply }) => (reply && "result" in reply ? [reply.result] : []));
    unknown = (await Promise.all(hashes.map(isUnknown))).filter(Boolean).length;
    return unknown > 0;
  });
  counts(() => unknown);
};

const reorg = (depth: number, fate: "lost" | "pooled"): Fault => ({
  name:
    fate === "lost"
      ? `a reorganisation of ${depth} loses our transactions`
      : `a reorganisation of ${depth}, and our transactions come back`,
  on: "beta",
  acts: [takeBack(depth, fate), nothing],
  ends: ["done"],
});

/** What becomes of transactions between the node's answer and a block that is final. */
export const pool: Fault[] = [
  {
    name: "the pool drops transactions silently",
    on: "beta",
    acts: [forget, nothing],
    ends: ["done"],
  },
  {
    name: "the node returns a hash and forgets the transaction",
    acts: [({ rule }) => rule({ method: SEND, nth: 4, action: { kind: "swallow" } }), nothing],
    ends: ["done"],
  },
  {
    name: "the pool holds 16 of an account",
    on: "gamma",
    steps: 60,
    window: 64,
    acts: [overflow, nothing],
    ends: ["done"],
  },
  {
    name: "the base fee doubles five times",
    on: "gamma",
    window: 16,
    acts: [(stand) => dearer(stand, 5n), nothing],
    ends: ["done"],
    records: "replaced",
  },
  {
    name: "the base fee doubles beyond the budget, and falls again",
    on: "gamma",
    window: 16,
    acts: [
      (stand) => {
        let isWaiting = false;
        stand.budget("0.006");
        stand.counts(() => Number(isWaiting));
        return dearer(stand, 1n, () => {
          isWaiting ||= stand.hasSaid("replacing it exceeds the budget");
          return isWaiting;
        });
      },
      nothing,
    ],
    ends: ["done"],
    none: "it knows no budget",
  },
  ...[1, 2, 10].map((depth) => reorg(depth, "lost")),
  ...[1, 2, 10].map((depth) => reorg(depth, "pooled")),
];
