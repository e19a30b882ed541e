import type { Hex } from "@playbook/evm";
import { Interface } from "ethers";
import type { Unsent } from "./fork.ts";
import type { Live } from "./live.ts";

/** Arbitrum's own view of what a transaction costs on the chain below (NodeInterface, Nitro). */
const NODE = "0x00000000000000000000000000000000000000C8";

const nodeInterface = new Interface([
  "function gasEstimateL1Component(address to, bool contractCreation, bytes data) payable returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate)",
]);

/**
 * Gas that a transaction needs on the live chain over what executing it takes, which is all that a
 * fork knows. On Arbitrum its data is paid in gas; the other rollups take their fee beside the gas.
 */
export async function dataGas({ rpc, metadata }: Live, { to, data }: Unsent): Promise<number> {
  if (metadata.technicalStack !== "arbitrumnitro") return 0;
  const call = nodeInterface.encodeFunctionData("gasEstimateL1Component", [
    ...[to ?? `0x${"0".repeat(40)}`, to === null, data],
  ]);
  const answer = await rpc.send<Hex>("eth_call", { to: NODE, data: call }, "latest");
  const [gas] = nodeInterface.decodeFunctionResult("gasEstimateL1Component", answer);
  return Number(gas);
}
