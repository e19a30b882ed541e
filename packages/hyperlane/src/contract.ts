import type { Address, Hex } from "@playbook/evm";
import { Interface } from "ethers";
import { contracts } from "./contracts.generated.ts";

/** A contract of `@hyperlane-xyz/core`, in the version that is pinned. */
export type ContractName = keyof typeof contracts;

/** The version that is pinned, as its contracts say it themselves. */
export const VERSION = "12.1.0";

const interfaces = new Map<ContractName, Interface>();

export function interfaceOf(name: ContractName): Interface {
  const known = interfaces.get(name) ?? new Interface(contracts[name].abi);
  interfaces.set(name, known);
  return known;
}

/** What creates a contract: its published code, and its constructor's arguments. */
export function creationOf(name: ContractName, args: readonly unknown[]): Hex {
  return `${contracts[name].bytecode}${argumentsOf(name, args).slice(2)}` as Hex;
}

/** A constructor's arguments as they follow the code. */
export function argumentsOf(name: ContractName, args: readonly unknown[]): Hex {
  return interfaceOf(name).encodeDeploy(args) as Hex;
}

/** What calls a function, by its name, or by its whole signature where one name has several. */
export function callOf(name: ContractName, method: string, args: readonly unknown[]): Hex {
  return interfaceOf(name).encodeFunctionData(method, args) as Hex;
}

/** Where a compiler leaves room for an immutable: a push of 32 bytes that are zero. */
const ROOM = `7f${"0".repeat(64)}`;

/**
 * Whether an account's code is what the published code of a contract leaves behind, whatever its
 * immutables hold: creation code has what it leaves behind inside itself, with room for them.
 */
export function isCodeOf(name: ContractName, code: Hex): boolean {
  const runtime = runtimeOf(name);
  return runtime.length === code.length && isFilledIn(runtime.slice(2), code.slice(2));
}

/** Where creation code copies what it leaves behind, from where and how much (CODECOPY). */
const LEAVES = /61(?<size>[0-9a-f]{4})(?:80)?61(?<start>[0-9a-f]{4})5f395f/;

/** What the creation code of a contract leaves behind, with room for its immutables. */
export function runtimeOf(name: ContractName): Hex {
  const creation = contracts[name].bytecode;
  const { size = "", start = "" } = LEAVES.exec(creation)?.groups ?? {};
  const from = 2 + 2 * Number.parseInt(start, 16);
  return `0x${creation.slice(from, from + 2 * Number.parseInt(size, 16))}`;
}

function isFilledIn(pattern: string, code: string): boolean {
  let from = 0;
  for (let at = roomAfter(pattern, 0); at >= 0; at = roomAfter(pattern, from)) {
    if (pattern.slice(from, at + 2) !== code.slice(from, at + 2)) return false;
    from = at + ROOM.length;
  }
  return pattern.slice(from) === code.slice(from);
}

function roomAfter(pattern: string, from: number): number {
  let at = pattern.indexOf(ROOM, from);
  while (at % 2 === 1) at = pattern.indexOf(ROOM, at + 1);
  return at;
}

export const NOBODY = "0x0000000000000000000000000000000000000000" as Address;
