import type { Action } from "@playbook/world";
import type { Act, Fault } from "./fault.ts";

const SEND = "eth_sendRawTransaction";

const nothing: Act = () => {};

/** The 3rd and the 4th transaction, and the 8th and the 9th. */
const atSome =
  (action: Action): Act =>
  ({ rule }) => {
    for (const nth of [3, 8]) rule({ method: SEND, nth, times: 2, action });
  };

/** What nodes, load balancers and networks do. */
export const nodes: Fault[] = [
  {
    name: "a reply is lost after the transaction landed",
    acts: [atSome({ kind: "lose-reply", how: "reset" }), nothing],
    ends: ["done"],
  },
  {
    name: "the node says 429",
    acts: [atSome({ kind: "status", status: 429, retryAfterSeconds: 1 }), nothing],
    ends: ["done"],
  },
  {
    name: "the node says 503",
    acts: [atSome({ kind: "status", status: 503 }), nothing],
    ends: ["done"],
  },
  {
    name: "the connection is reset",
    acts: [atSome({ kind: "drop", how: "reset" }), nothing],
    ends: ["done"],
  },
  {
    name: "killed in the middle, and then a node of three has yesterday's nonce",
    acts: [
      ({ atSend, signal }) => atSend(6, () => signal("SIGKILL")),
      ({ rule }) => {
        let asked = 0;
        const isTheThird = () => {
          asked += 1;
          return asked % 3 === 1;
        };
        const action = { kind: "stale", blocks: 20 } as const;
        rule({ method: "eth_getTransactionCount", where: isTheThird, times: 40, action });
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
    acts: [({ atSend, chain }) => atSend(5, () => chain.restart()), nothing],
    ends: ["chain-was-reset", "chain-was-reset"],
  },
];
