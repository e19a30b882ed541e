import type { Address, Hex } from "@playbook/evm";
import { getCreate2Address, id, keccak256 } from "ethers";
import { type ContractName, creationOf } from "./contract.ts";

/** The factory that is at this address on most chains; it takes a salt and what creates. */
export const DEPLOYER = "0x4e59b44847b379578588920cA78FbF26c0B4956C" as Address;

const SALT = id("playbook: Hyperlane core") as Hex;

const known = new Map<string, Address>();

/** What it is sent for a contract without an owner. */
export function askDeployer(contract: ContractName, args: readonly unknown[]): Hex {
  return `${SALT}${creationOf(contract, args).slice(2)}`;
}

/** Where a contract without an owner is, or will be, wherever the usual factory is. */
export function everywhere(contract: ContractName, args: readonly unknown[]): Address {
  const key = `${contract}(${args})`;
  const address = known.get(key) ?? addressOf(creationOf(contract, args));
  known.set(key, address);
  return address;
}

function addressOf(creation: Hex): Address {
  return getCreate2Address(DEPLOYER, SALT, keccak256(creation)) as Address;
}
