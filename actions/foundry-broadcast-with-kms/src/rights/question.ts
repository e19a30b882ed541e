import type { Address, Hex, Rights } from "@playbook/evm";
import { AbiCoder, id } from "ethers";

/** A question to a contract whose answer says whether an account holds a right over it. */
export type Ask = {
  right: string;
  data: Hex;
  /** Whether that is what the contract said; undefined for a call that failed. */
  says(answer: Hex | undefined): boolean;
};

/**
 * Functions that name one account which rules: OpenZeppelin's, Compound's, Synthetix', Uniswap's.
 * Those of accounts to come count as well: who is offered a right can take it at any time.
 */
const RULERS = [
  ...["owner", "pendingOwner", "nominatedOwner", "pendingDefaultAdmin", "admin", "pendingAdmin"],
  ...["governor", "pendingGovernor", "governance", "pendingGovernance", "gov", "guardian"],
  ...["authority", "controller", "operator", "minter", "feeToSetter"],
];

/** Roles of OpenZeppelin's contracts and wizard, which a build may use without naming them. */
export const USUAL_ROLES = [
  ...["MINTER_ROLE", "BURNER_ROLE", "PAUSER_ROLE", "UPGRADER_ROLE", "SNAPSHOT_ROLE"],
  ...["PROPOSER_ROLE", "EXECUTOR_ROLE", "CANCELLER_ROLE", "TIMELOCK_ADMIN_ROLE"],
  ...["OPERATOR_ROLE", "ADMIN_ROLE", "MANAGER_ROLE", "GUARDIAN_ROLE"],
];

export const DEFAULT_ADMIN_ROLE = `0x${"0".repeat(64)}`;

/** Roles of an AccessManager are numbers, and people count from 0, its administrators. */
const USUAL_NUMBERS = Array.from({ length: 32 }, (_, number) => String(number));

/** ERC-1967: where a proxy keeps its admin. */
export const ADMIN_SLOT = "0xb53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103";

const coder = AbiCoder.defaultAbiCoder();

export function selector(signature: string): string {
  return id(signature).slice(0, 10);
}

/** What an account might be to any contract at all. */
export function rulerAsks(account: Address): Ask[] {
  return RULERS.map((name) => ({
    right: name,
    data: selector(`${name}()`) as Hex,
    says: (answer) => names(answer, account),
  }));
}

/** A word that is the account and not only ends with it. */
export function names(answer: Hex | undefined, account: Address): boolean {
  return wordOf(answer) === `0x${account.slice(2).toLowerCase().padStart(64, "0")}`;
}

/** The first of the words that came back; undefined for anything else. */
export function wordOf(answer: Hex | undefined): string | undefined {
  const whole = answer !== undefined && answer.length >= 66 && (answer.length - 2) % 64 === 0;
  return whole ? answer.slice(0, 66).toLowerCase() : undefined;
}

/**
 * Whether it is a contract with roles (OpenZeppelin's AccessControl): what is not, does not answer.
 */
export function hasRole(role: string, account: Address): Hex {
  const args = coder.encode(["bytes32", "address"], [role, account]);
  return `${selector("hasRole(bytes32,address)")}${args.slice(2)}` as Hex;
}

/**
 * The same of an AccessManager, which answers since when the account has it: also of one that is to
 * get it only after a delay.
 */
export function hasNumberedRole(role: string, account: Address): Hex {
  const args = coder.encode(["uint64", "address"], [role, account]);
  return `${selector("getAccess(uint64,address)")}${args.slice(2)}` as Hex;
}

export function knowsRoles(answer: Hex | undefined): boolean {
  return answer?.length === 66;
}

export function knowsNumberedRoles(answer: Hex | undefined): boolean {
  return answer?.length === 2 + 4 * 64;
}

/** The roles of a contract that has some, by what is known of their names. */
export function roleAsks(roles: Rights["roles"], account: Address): Ask[] {
  const usual = USUAL_ROLES.map((name) => [id(name), name]);
  const known: Rights["roles"] = { ...Object.fromEntries(usual), ...roles };
  const hashes = Object.keys(known).filter((role) => role.startsWith("0x"));
  return [...new Set([DEFAULT_ADMIN_ROLE, ...hashes])].map((role) => ({
    right: role === DEFAULT_ADMIN_ROLE ? "DEFAULT_ADMIN_ROLE" : (known[role] ?? role),
    data: hasRole(role, account),
    says: isTrue,
  }));
}

export function numberedRoleAsks(roles: Rights["roles"], account: Address): Ask[] {
  const numbers = Object.keys(roles).filter((role) => /^\d+$/.test(role));
  return [...new Set([...USUAL_NUMBERS, ...numbers])].map((role) => ({
    right: numberedRole(role, roles),
    data: hasNumberedRole(role, account),
    says: (answer) => BigInt(wordOf(answer) ?? 0) > 0n,
  }));
}

/** `ADMIN_ROLE`, the label that it was given on the chain, or its number. */
function numberedRole(role: string, roles: Record<string, string>): string {
  return role === "0" ? "ADMIN_ROLE" : (roles[role] ?? `role ${role}`);
}

function isTrue(answer: Hex | undefined): boolean {
  return wordOf(answer) === `0x${"1".padStart(64, "0")}`;
}
