import { type Address, type Hex, RpcUnreachable } from "@playbook/evm";
import { callOf } from "@playbook/hyperlane";
import { id as topicOf } from "ethers";
import type { Journey } from "./journey.ts";
import { isLost, type Loss } from "./lost.ts";
import type { Station } from "./station.ts";

const PROCESSED = topicOf("ProcessId(bytes32)");

type Log = { transactionHash: Hex; blockNumber: Hex };

/** What a look sees of a message that is on its way to a chain. */
export type Arrival = Journey["delivered"] | Loss;

/**
 * Looks for the transaction that brought a message, each time from the block on that was looked at
 * last: a node that shows the events of few blocks at once is enough.
 */
export function lookout(id: Hex, station: Station): () => Promise<Arrival> {
  const { name, rpc, planned } = station;
  let seen = planned.block;
  return async () => {
    const head = Number(await rpc.send<Hex>("eth_blockNumber"));
    if (!(await isDelivered(id, station, head))) {
      seen = head;
      return null;
    }
    // After a reorganisation it may be in a block that was looked at before.
    const log =
      (seen <= head && (await eventIn(id, station, seen, head))) ||
      (await eventIn(id, station, planned.block, head));
    if (!log) return { chain: name, why: "It has the message, and does not show its delivery." };
    return deliveryIn(log, station);
  };
}

async function isDelivered(id: Hex, { rpc, mailbox }: Station, block: number): Promise<boolean> {
  const call = { to: mailbox, data: callOf("Mailbox", "delivered", [id]) };
  return BigInt(await rpc.send<Hex>("eth_call", call, tagOf(block))) === 1n;
}

/** By halves, the later one first, where a node refuses so many blocks. */
async function eventIn(
  id: Hex,
  station: Station,
  first: number,
  last: number,
): Promise<Log | undefined> {
  const { rpc, mailbox: address } = station;
  const range = { fromBlock: tagOf(first), toBlock: tagOf(last) };
  try {
    const filter = { address, ...range, topics: [PROCESSED, id] };
    const [log] = await rpc.send<Log[]>("eth_getLogs", filter);
    return log;
  } catch (error) {
    if (!isLost(error) || error instanceof RpcUnreachable || first >= last) throw error;
    const middle = Math.floor((first + last) / 2);
    return (await eventIn(id, station, middle + 1, last)) ?? eventIn(id, station, first, middle);
  }
}

async function deliveryIn(
  { transactionHash, blockNumber }: Log,
  { rpc }: Station,
): Promise<Journey["delivered"]> {
  const [transaction, block] = await Promise.all([
    rpc.send<{ from: Address }>("eth_getTransactionByHash", transactionHash),
    rpc.send<{ timestamp: Hex }>("eth_getBlockByNumber", blockNumber, false),
  ]);
  return { hash: transactionHash, by: transaction.from, at: Number(block.timestamp) * 1000 };
}

function tagOf(block: number): Hex {
  return `0x${block.toString(16)}`;
}
