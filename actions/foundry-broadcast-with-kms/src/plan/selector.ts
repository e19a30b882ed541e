import type { Hex, Step } from "@playbook/evm";
import { id } from "ethers";

type Wait = NonNullable<Step["waits"]>;

/**
 * Functions that change who may do what. A step with one of them is sent only when all that it
 * depends on has a receipt: a call to a contract that is not there succeeds.
 */
const SIGNATURES: Record<Exclude<Wait, "value">, string[]> = {
  role: [
    // OpenZeppelin AccessControl and AccessManager
    "grantRole(bytes32,address)",
    "revokeRole(bytes32,address)",
    "renounceRole(bytes32,address)",
    "grantRole(uint64,address,uint32)",
    "revokeRole(uint64,address)",
    "renounceRole(uint64,address)",
    "setRoleAdmin(uint64,uint64)",
    "setRoleGuardian(uint64,uint64)",
    "setTargetFunctionRole(address,bytes4[],uint64)",
    "updateAuthority(address,address)",
    "setAuthority(address)",
    // Solady's and Solmate's
    "grantRoles(address,uint256)",
    "revokeRoles(address,uint256)",
    "renounceRoles(uint256)",
    "setUserRole(address,uint8,bool)",
    "setRoleCapability(uint8,address,bytes4,bool)",
    "setPublicCapability(address,bytes4,bool)",
    // Named roles
    "setRole(bytes32,address)",
    "addMinter(address)",
    "removeMinter(address)",
    "setMinter(address)",
    "setOperator(address)",
    "setPauser(address)",
    "setGuardian(address)",
    "rely(address)",
    "deny(address)",
  ],
  ownership: [
    // OpenZeppelin Ownable, Ownable2Step, AccessControlDefaultAdminRules; Solady's Ownable
    "transferOwnership(address)",
    "acceptOwnership()",
    "renounceOwnership()",
    "beginDefaultAdminTransfer(address)",
    "acceptDefaultAdminTransfer()",
    "completeOwnershipHandover(address)",
    // Proxies and their admins
    "changeAdmin(address)",
    "changeProxyAdmin(address,address)",
    // Others' names for it
    "setOwner(address)",
    "setPendingOwner(address)",
    "setAdmin(address)",
    "setPendingAdmin(address)",
    "acceptAdmin()",
    "transferAdmin(address)",
    "setGovernor(address)",
    "setGovernance(address)",
    "transferGovernance(address)",
    "setFeeToSetter(address)",
    // Safe
    "addOwnerWithThreshold(address,uint256)",
    "removeOwner(address,address,uint256)",
    "swapOwner(address,address,address)",
    "changeThreshold(uint256)",
  ],
  upgrade: [
    "upgradeTo(address)",
    "upgradeToAndCall(address,bytes)",
    "upgrade(address,address)",
    "upgradeAndCall(address,address,bytes)",
    "setImplementation(address)",
    "diamondCut((address,uint8,bytes4[])[],address,bytes)",
  ],
};

const BY_SELECTOR = new Map<string, Wait>(
  Object.entries(SIGNATURES).flatMap(([wait, signatures]) =>
    signatures.map((signature) => [id(signature).slice(0, 10), wait as Wait] as const),
  ),
);

/** The first four bytes of a call; undefined when it has fewer. */
export function selectorOf(data: Hex): Hex | undefined {
  return data.length >= 10 ? (data.slice(0, 10) as Hex) : undefined;
}

/**
 * Why a step has to wait for receipts, if it has to: `calls` are its own calldata and that of the
 * calls which it makes to contracts that were there before it.
 */
export function waitFor(calls: Hex[], value: bigint): Step["waits"] {
  const reasons = new Set(calls.map((data) => BY_SELECTOR.get(data.slice(0, 10))));
  const strongest = (["upgrade", "ownership", "role"] as const).find((wait) => reasons.has(wait));
  return strongest ?? (value > 0n ? "value" : null);
}
