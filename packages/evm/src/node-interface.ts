import { Interface } from "ethers";
import { noOracle } from "./data-price.ts";
import type { Address, Hex } from "./primitives.ts";
import type { Call } from "./rpc.ts";

/**
 * Where Arbitrum's nodes (Nitro) answer what no contract could. Unlike `eth_estimateGas`, it tells
 * what data costs without executing anything.
 */
const ADDRESS = "0x00000000000000000000000000000000000000C8";

const nodeInterface = new Interface([
  "function gasEstimateL1Component(address to, bool contractCreation, bytes data) payable " +
    "returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate)",
]);

/** What asks for the gas that a transaction's data takes. */
export function dataGasCall({ to, data }: { to: Address | null; data: Hex }): Call {
  const call = nodeInterface.encodeFunctionData("gasEstimateL1Component", [
    ...[to ?? `0x${"0".repeat(40)}`, to === null, data],
  ]);
  return { method: "eth_call", params: [{ to: ADDRESS, data: call }, "latest"] };
}

/** Throws `no-data-oracle` when what answers is no node of Arbitrum's. */
export function readDataGas(answer: unknown, host: string): number {
  if (answer === "0x") throw noOracle(ADDRESS, host);
  const [gas] = nodeInterface.decodeFunctionResult("gasEstimateL1Component", answer as Hex);
  return Number(gas);
}
