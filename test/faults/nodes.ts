import type { Action } from "@playbook/world";
import { Transaction } from "ethers";
import type { Act, Fault } from "./fault.ts";

const SEND = "eth_sendRawTransaction";

const nothing: Act = () => {};

/** Anything but sending. */
const READ = /^eth_(?!send)/;

/**
 * Transactions of three batches, each of them twice, and twice what is read when all have landed.
 */
const nowAndThen =
  (action: Action): Act =>
  ({ rule, atNonce }) => {
    for (const nonce of [1, 4, 8]) {
      const isIt = (raw: unknown) => Transaction.from(String(raw)).nonce === nonce;
      rule({ method: SEND, where: ({ params }) => isIt(params[0]), times: 2, action });
    }
    atNonce(13, () => {
      for (const nth of [1, 20]) rule({ method: READ, nth, action });
    });
  };

/** What nodes, load balancers and networks do. */
export const nodes: Fault[] = [
  {
    name: "a reply is lost after the transaction landed",
    acts: [nowAndThen({ kind: "lose-reply", how: "reset" }), nothing],
    ends: ["done"],
  },
  {
    name: "the node says 429",
    on: "beta",
    acts: [nowAndThen({ kind: "status", status: 429, retryAfterSeconds: 1 }), nothing],
    ends: ["done"],
  },
  {
    name: "the node says 503",
    on: "beta",
    acts: [nowAndThen({ kind: "status", status: 503 }), nothing],
    ends: ["done"],
  },
  {
    name: "the connection is reset",
    on: "beta",
    acts: [nowAndThen({ kind: "drop", how: "reset" }), nothing],
    ends: ["done"],
  },
  {
    name: "killed in the middle, and then a node of three has yesterday's nonce",
    acts: [
      ({ midway, signal }) => midway(() => signal("SIGKILL")),
      ({ rule }) => {
        let asked = 0;
        const isTheThird = () => {
          asked += 1;
          return asked % 3 === 1;
        };
        const action = { kind: "stale", blocks: 20 } as const;
        rule({ method: "eth_getTransactionCount", where: isTheThird, times: Infinity, action });
      },
    ],
    ends: ["SIGKILL", "done"],
  },
  {
    name: "another chain is behind the right URL",
    acts: [({ reachAt, other }) => reachAt(other.url), ({ reachAt, chain }) => reachAt(chain.url)],
    ends: ["wrong-chain", "done"],
  },
  {
    name: "the chain is started anew with the same id, in the middle",
    acts: [({ midway, chain }) => midway(() => chain.restart()), nothing],
    ends: ["chain-was-reset", "chain-was-reset"],
  },
];
