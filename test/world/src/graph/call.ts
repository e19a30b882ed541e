import type { FunctionFragment, Interface, ParamType } from "ethers";
import type { Source } from "./manifest.ts";
import { type ContractCall, MappingFailure } from "./wasm/host.ts";

export type Outputs = { outputs: readonly ParamType[]; values: unknown };

/** What a mapping's call is on the chain. */
export function callData(
  { abis }: Source,
  { contract, signature, arguments: values }: ContractCall,
): { abi: Interface; fragment: FunctionFragment; data: string } {
  const abi = abis.get(contract);
  if (!abi) throw new MappingFailure(`Could not find ABI for contract "${contract}"`);
  const [called = ""] = signature.split(":");
  const fragment = abi.getFunction(called);
  if (!fragment) throw new MappingFailure(`Unknown function "${contract}::${called}"`);
  return { abi, fragment, data: abi.encodeFunctionData(fragment, values) };
}

/** What it answered; nothing when it reverted, or when there is no such function at the address. */
export function outputsOf(
  abi: Interface,
  fragment: FunctionFragment,
  answer: string | undefined,
): Outputs | undefined {
  if (answer === undefined) return undefined;
  try {
    return { outputs: fragment.outputs, values: abi.decodeFunctionResult(fragment, answer) };
  } catch {
    return undefined;
  }
}
