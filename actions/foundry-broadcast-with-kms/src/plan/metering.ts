import { type Address, Endpoint, gasPolicy, type Hex, RpcError } from "@playbook/evm";
import type { Unsent } from "./fork.ts";
import type { Gas } from "./gas.ts";
import type { Live } from "./live.ts";

/** What is assumed, in percent, where the live chain meters by itself and cannot be asked yet. */
const UNSEEN_PERCENT = 200;

/**
 * The gas of a transaction on the live chain: what executing it takes is all that a fork knows.
 *
 * - Arbitrum charges data in gas. Its node says how much without executing anything, so also for a
 *   step that needs what earlier ones make, which `eth_estimateGas` of the live chain cannot.
 * - Chains with an own meter (Substrate's weights, zkSync's pubdata) are asked for an estimate of
 *   the whole; for a step that they cannot execute yet, twice the fork's is assumed.
 */
export async function meter(live: Live, unsent: Unsent, execution: number): Promise<Gas> {
  const { gas } = gasPolicy(live.metadata);
  if (gas === "arbitrum") {
    const [data = 0] = await new Endpoint(live.rpc).dataGas([unsent]);
    return { execution, data };
  }
  if (gas === "live") return { execution: await estimateLive(live, unsent, execution), data: 0 };
  return { execution, data: 0 };
}

async function estimateLive(live: Live, unsent: Unsent, execution: number): Promise<number> {
  const unseen = Math.ceil((execution * UNSEEN_PERCENT) / 100);
  // A call of what is not there yet succeeds, and says nothing.
  if (unsent.to && unsent.data !== "0x" && !(await hasCode(live, unsent.to))) return unseen;
  const { from, to, value, data } = unsent;
  const call = { from, ...(to ? { to } : {}), value: `0x${value.toString(16)}`, data };
  try {
    return Math.max(execution, Number(await live.rpc.send<Hex>("eth_estimateGas", call)));
  } catch (error) {
    if (error instanceof RpcError) return unseen;
    throw error;
  }
}

async function hasCode({ rpc }: Live, address: Address): Promise<boolean> {
  return (await rpc.send<Hex>("eth_getCode", address, "latest")) !== "0x";
}
