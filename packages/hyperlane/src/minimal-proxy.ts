import type { Address, Hex } from "@playbook/evm";
import { concat, getAddress, getCreateAddress } from "ethers";

/**
 * A minimal proxy (EIP-1167), as the factory of routing modules makes them: what is around whom it
 * obeys.
 */
const BEFORE = "0x363d3d373d3d3d363d73";
const AFTER = "0x5af43d82803e903d91602b57fd5bf3";

const PROXY = new RegExp(`^${BEFORE}([0-9a-f]{40})${AFTER.slice(2)}$`);

/**
 * What makes one that has been told something before it is there, so that nobody can tell it first:
 * it tells the implementation so by DELEGATECALL, in the proxy's own storage, then leaves the
 * proxy's code behind. Ends with the implementation's own words where that refuses, and where there
 * is none.
 */
const MAKER = {
  // Two zeros, the length of what is told (2 bytes follow), and a copy of it.
  length: "0x5f5f61",
  // CODECOPY from 0x6d to memory; a zero and the implementation (20 bytes follow).
  copied: "0x80606d5f395f73",
  // EXTCODESIZE, or REVERT; DELEGATECALL, or REVERT with its words; CODECOPY from 0x40, RETURN.
  told: "0x803b6028575f5ffd5b5af46035573d5f5f3e3d5ffd5b602d60405f39602d5ff3",
};

/** Creation code of a proxy that is told `call` as it is made: 64 KiB at most. */
export function proxyCreation(implementation: Address, call: Hex): Hex {
  const length = `0x${((call.length - 2) / 2).toString(16).padStart(4, "0")}`;
  const { copied, told } = MAKER;
  const maker = [MAKER.length, length, copied, implementation, told];
  return concat([...maker, BEFORE, implementation, AFTER, call]) as Hex;
}

/** What a minimal proxy delegates to; undefined for any other contract. */
export function readMinimalProxy(code: Hex): Address | undefined {
  const [, implementation] = PROXY.exec(code) ?? [];
  return implementation ? (getAddress(`0x${implementation}`) as Address) : undefined;
}

/** What a factory's clones delegate to: it makes that in its constructor. */
export function implementationOf(factory: Address): Address {
  return getCreateAddress({ from: factory, nonce: 1 }) as Address;
}
