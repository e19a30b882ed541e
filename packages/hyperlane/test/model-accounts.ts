import type { Address, Hex } from "@playbook/evm";
import { getAddress } from "ethers";
import type { ContractName } from "../src/contract.ts";
import type { Approval } from "../src/model.ts";
import type { AddressSet, SetType, WeightedSet } from "../src/static-set.ts";
import type { LockedCall } from "../src/timelock.ts";

/** A contract and what it keeps, which is one of the types below. */
export type Account = { contract: ContractName; owner: Address; [field: string]: unknown };

export type Core = Record<"admin" | "defaultIsm" | "defaultHook" | "requiredHook", Address>;

export type Pausable = { paused?: boolean };

export type Blacklist = { ids: Set<Hex> };

/** What keeps its members itself, where a set is its members. */
export type Stored = { members: Address[]; threshold: number };

export type ByAmount = { lower: Address; upper: Address; threshold: bigint };

export type RoutingIsm = {
  type: "domainRoutingIsm" | "incrementalDomainRoutingIsm" | "defaultFallbackRoutingIsm";
  routes: Map<number, Address>;
};

export type RoutingHook = { hooks: Map<number, Address>; fallback: Address };

export type Fee = { max: bigint; fee: bigint; beneficiary: Address };

export type Price = { gasPrice: bigint; tokenExchangeRate: bigint };

export type GasOracle = { prices: Map<number, Price> };

export type Paymaster = {
  beneficiary: Address;
  configs: Map<number, { oracle: Address; overhead: bigint }>;
  tokens: Map<Address, Map<number, Address>>;
  signers: Set<Address>;
};

export type Router = { remotes: Map<number, Hex>; approvals: Approval[]; reader?: Address };

export type Reader = { urls: string[] };

export type Lock = {
  roles: { schedule: Address; execute: Address };
  calls: Map<string, LockedCall>;
  told: Set<string>;
  done: Set<string>;
};

export type MadeSet = { type: SetType } & (AddressSet | WeightedSet);

/** The contracts that there are, and the sets, which nothing changes. */
export class Accounts {
  readonly #accounts = new Map<string, Account>();
  readonly #sets = new Map<string, MadeSet>();
  /** What has been looked at. */
  readonly #used = new Set<string>();

  get addresses(): Address[] {
    return [...this.#sets.keys(), ...this.#accounts.keys()] as Address[];
  }

  put(address: Address, account: Account): void {
    this.#accounts.set(address, account);
  }

  putSet(address: Address, set: MadeSet): void {
    this.#sets.set(address, set);
  }

  at<Kept = unknown>(address: Address): Account & Kept {
    this.#used.add(getAddress(address));
    const account = this.#accounts.get(getAddress(address));
    if (!account) throw new Error(`nothing is at ${address}`);
    return account as Account & Kept;
  }

  setAt(address: Address): MadeSet | undefined {
    return this.#sets.get(address);
  }

  demand(address: Address): void {
    if (!this.#sets.has(address)) this.at(address);
  }

  demandMailbox(address: Address): void {
    if (this.at(address).contract !== "Mailbox") throw new Error("no mailbox");
  }

  /** Where these contracts are. */
  of(contracts: readonly string[]): Address[] {
    const found = [...this.#accounts].filter(([, { contract }]) => contracts.includes(contract));
    return found.map(([address]) => address as Address);
  }

  /** What nobody asks for who looks at something. */
  leftBy(look: () => unknown): Set<string> {
    this.#used.clear();
    look();
    return new Set([...this.#accounts.keys()].filter((address) => !this.#used.has(address)));
  }
}
