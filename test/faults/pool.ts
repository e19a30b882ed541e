import type { Fault, Stand } from "./fault.ts";

const SEND = "eth_sendRawTransaction";
const GWEI = 1_000_000_000;

const nothing = () => {};

const baseFee = ({ chain }: Stand, gwei: number) =>
  chain.send("anvil_setNextBlockBaseFeePerGas", [`0x${(gwei * GWEI).toString(16)}`]);

/**
 * 1 gwei until all are in the pool, then twice as much with each block, up to `most`; cheap again
 * from a block on. No earlier: an anvil refuses what a geth would keep waiting.
 */
function dearer(stand: Stand, most: number, until = Number.POSITIVE_INFINITY): void {
  let dear = 0;
  stand.afterSend(13, () => {
    dear = 1;
  });
  stand.eachBlock(async (nth) => {
    if (dear > 0) dear = Math.min(2 * dear, most);
    await baseFee(stand, nth >= until || dear === 0 ? 1 : dear);
  });
}

const reorg = (depth: number, fate: "lost" | "pooled"): Fault => ({
  name:
    fate === "lost"
      ? `a reorganisation of ${depth} loses our transactions`
      : `a reorganisation of ${depth}, and our transactions come back`,
  on: "beta",
  acts: [({ atReceipt, chain }) => atReceipt(() => chain.reorg(depth, fate)), nothing],
  ends: ["done"],
});

/** What becomes of transactions between the node's answer and a block that is final. */
export const pool: Fault[] = [
  {
    name: "the pool drops transactions silently",
    on: "beta",
    acts: [
      ({ atSend, eachBlock, chain }) => {
        let left = 0;
        atSend(1, () => {
          left = 2;
        });
        eachBlock(async () => {
          if (left === 0) return;
          left -= 1;
          await chain.send("anvil_dropAllTransactions");
        });
      },
      nothing,
    ],
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
    acts: [nothing, nothing],
    ends: ["done"],
  },
  {
    name: "the base fee doubles five times",
    on: "gamma",
    acts: [(stand) => dearer(stand, 32), nothing],
    ends: ["done"],
  },
  {
    name: "the base fee doubles beyond the budget, and falls again",
    on: "gamma",
    acts: [
      (stand) => {
        stand.budget("0.008");
        dearer(stand, 64, 40);
      },
      nothing,
    ],
    ends: ["done"],
    none: "it knows no budget",
  },
  ...[1, 2, 10].map((depth) => reorg(depth, "lost")),
  ...[1, 2, 10].map((depth) => reorg(depth, "pooled")),
];
