import type { Address, Hex } from "@playbook/evm";
import { AbiCoder, concat, getAddress, getCreate2Address, keccak256 } from "ethers";
import type { ContractName } from "./contract.ts";
import { implementationOf } from "./minimal-proxy.ts";
import type { Signer } from "./model.ts";

/** Contracts that are nothing but a set and its threshold, made by a factory. */
export const SET_FACTORIES = {
  messageIdMultisigIsm: "StaticMessageIdMultisigIsmFactory",
  merkleRootMultisigIsm: "StaticMerkleRootMultisigIsmFactory",
  weightedMessageIdMultisigIsm: "StaticMessageIdWeightedMultisigIsmFactory",
  weightedMerkleRootMultisigIsm: "StaticMerkleRootWeightedMultisigIsmFactory",
  staticAggregationIsm: "StaticAggregationIsmFactory",
  aggregationHook: "StaticAggregationHookFactory",
} as const satisfies Record<string, ContractName>;

export type SetType = keyof typeof SET_FACTORIES;

/** What the sets of a type delegate to. */
export const SET_CODE: Record<SetType, ContractName> = {
  messageIdMultisigIsm: "StaticMessageIdMultisigIsm",
  merkleRootMultisigIsm: "StaticMerkleRootMultisigIsm",
  weightedMessageIdMultisigIsm: "StaticMessageIdWeightedMultisigIsm",
  weightedMerkleRootMultisigIsm: "StaticMerkleRootWeightedMultisigIsm",
  staticAggregationIsm: "StaticAggregationIsm",
  aggregationHook: "StaticAggregationHook",
};

export type AddressSet = { values: Address[]; threshold: number };

export type WeightedSet = { signers: Signer[]; thresholdWeight: number };

/** A proxy with data behind its code (EIP-3448): what makes it, and what it is. */
const COPIES = "0x600b380380600b3d393df3";
const BEFORE = "0x363d3d373d3d3d3d60368038038091363936013d73";
const AFTER = "0x5af43d3d93803e603457fd5bf3";

const SHAPE = ["address[]", "uint8"];
const WEIGHTED_SHAPE = ["tuple(address,uint96)[]", "uint96"];

const known = new Map<string, Address>();

/** Where a factory puts a set, or has put it. */
export function setAddress(factory: Address, set: AddressSet | WeightedSet): Address {
  const key = `${factory} ${JSON.stringify(set)}`;
  const address = known.get(key) ?? addressOf(factory, set);
  known.set(key, address);
  return address;
}

function addressOf(factory: Address, set: AddressSet | WeightedSet): Address {
  const coder = AbiCoder.defaultAbiCoder();
  const data =
    "values" in set
      ? coder.encode(SHAPE, [set.values, set.threshold])
      : coder.encode(WEIGHTED_SHAPE, [pairsOf(set), set.thresholdWeight]);
  const creation = concat([COPIES, codeOver(implementationOf(factory), data)]);
  return getCreate2Address(factory, keccak256(data), keccak256(creation)) as Address;
}

function codeOver(implementation: string, data: string): string {
  const size = (data.length - 2) / 2;
  return concat([BEFORE, implementation, AFTER, data, `0x${size.toString(16).padStart(64, "0")}`]);
}

export function pairsOf({ signers }: WeightedSet): [Address, number][] {
  return signers.map(({ address, weight }) => [address, weight]);
}

/** What a set delegates to, and the data behind its code; undefined for any other contract. */
export function readSet(code: Hex): { implementation: Address; data: Hex } | undefined {
  const at = BEFORE.length;
  const end = at + 40 + AFTER.length - 2;
  if (!code.startsWith(BEFORE) || code.slice(at + 40, end) !== AFTER.slice(2)) return undefined;
  const implementation = getAddress(`0x${code.slice(at, at + 40)}`) as Address;
  return { implementation, data: `0x${code.slice(end, -64)}` };
}

/** The members of a set whose members count the same. */
export function membersIn(data: Hex): AddressSet {
  const [values, threshold] = AbiCoder.defaultAbiCoder().decode(SHAPE, data);
  return { values: [...values], threshold: Number(threshold) };
}

export function signersIn(data: Hex): WeightedSet {
  const [pairs, thresholdWeight] = AbiCoder.defaultAbiCoder().decode(WEIGHTED_SHAPE, data);
  const signers = [...(pairs as [Address, bigint][])].map(([address, weight]) => ({
    ...{ address, weight: Number(weight) },
  }));
  return { signers, thresholdWeight: Number(thresholdWeight) };
}

/** The one order of a set: two of the same members are one contract. */
export function inOrder(values: Address[]): Address[] {
  return values.toSorted(byAddress);
}

/** The same for signers that weigh something. */
export function signersInOrder(signers: Signer[]): Signer[] {
  return signers.toSorted((a, b) => byAddress(a.address, b.address));
}

function byAddress(a: Address, b: Address): number {
  return a.toLowerCase() < b.toLowerCase() ? -1 : 1;
}
