import type { Address, Hex } from "@playbook/evm";
import { AbiCoder, concat, getAddress, getCreate2Address, keccak256 } from "ethers";
import type { ContractName } from "./contract.ts";
import { implementationOf } from "./minimal-proxy.ts";

/** Contracts that are nothing but a set of addresses and a threshold, made by a factory. */
export const SET_FACTORIES = {
  messageIdMultisigIsm: "StaticMessageIdMultisigIsmFactory",
  merkleRootMultisigIsm: "StaticMerkleRootMultisigIsmFactory",
  staticAggregationIsm: "StaticAggregationIsmFactory",
  aggregationHook: "StaticAggregationHookFactory",
} as const satisfies Record<string, ContractName>;

export type SetType = keyof typeof SET_FACTORIES;

/** What the sets of a type delegate to. */
export const SET_CODE: Record<SetType, ContractName> = {
  messageIdMultisigIsm: "StaticMessageIdMultisigIsm",
  merkleRootMultisigIsm: "StaticMerkleRootMultisigIsm",
  staticAggregationIsm: "StaticAggregationIsm",
  aggregationHook: "StaticAggregationHook",
};

export type AddressSet = { values: Address[]; threshold: number };

/** A proxy with data behind its code (EIP-3448): what makes it, and what it is. */
const COPIES = "0x600b380380600b3d393df3";
const BEFORE = "0x363d3d373d3d3d3d60368038038091363936013d73";
const AFTER = "0x5af43d3d93803e603457fd5bf3";

const SHAPE = ["address[]", "uint8"];

/** Where a factory puts a set, or has put it. */
export function setAddress(factory: Address, { values, threshold }: AddressSet): Address {
  const data = AbiCoder.defaultAbiCoder().encode(SHAPE, [values, threshold]);
  const creation = concat([COPIES, codeOver(implementationOf(factory), data)]);
  return getCreate2Address(factory, keccak256(data), keccak256(creation)) as Address;
}

function codeOver(implementation: string, data: string): string {
  const size = (data.length - 2) / 2;
  return concat([BEFORE, implementation, AFTER, data, `0x${size.toString(16).padStart(64, "0")}`]);
}

/** Reads a set out of its code; undefined for any other contract. */
export function readSet(code: Hex): (AddressSet & { implementation: Address }) | undefined {
  const at = BEFORE.length;
  if (
    !code.startsWith(BEFORE) ||
    code.slice(at + 40, at + 40 + AFTER.length - 2) !== AFTER.slice(2)
  ) {
    return undefined;
  }
  const data = `0x${code.slice(at + 40 + AFTER.length - 2, -64)}`;
  try {
    const [values, threshold] = AbiCoder.defaultAbiCoder().decode(SHAPE, data);
    const implementation = getAddress(`0x${code.slice(at, at + 40)}`) as Address;
    return { values: [...values], threshold: Number(threshold), implementation };
  } catch {
    return undefined;
  }
}

/** The one order of a set: two of the same members are one contract. */
export function inOrder(values: Address[]): Address[] {
  return values.toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
}
