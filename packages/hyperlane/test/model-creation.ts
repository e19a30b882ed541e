import type { Address, Hex } from "@playbook/evm";
import { AbiCoder, getAddress, getCreateAddress, type Result } from "ethers";
import { type ContractName, interfaceOf, NOBODY } from "../src/contract.ts";
import { contracts } from "../src/contracts.generated.ts";
import type {
  Account,
  Accounts,
  Blacklist,
  ByAmount,
  Core,
  Fee,
  GasOracle,
  Lock,
  Paymaster,
  Reader,
  Router,
  RoutingHook,
  RoutingIsm,
  Stored,
} from "./model-accounts.ts";
import { readCall } from "./model-call.ts";

export type Creation = { signer: Address; address: Address; data: string };

type Making = { contract: ContractName; signer: Address; args: Result };

type Make = (accounts: Accounts, making: Making) => Account;

/** A proxy in the making: what it obeys, twice, and what it is told. */
const PROXY = /^0x5f5f61.{4}80606d5f395f73(.{40}).{64}363d3d373d3d3d363d73\1.{30}((?:..)*)$/;

/** Whatever is not here knows its signer only. */
const MAKES: Partial<Record<ContractName, Make>> = {
  AmountRoutingHook: byAmount,
  AmountRoutingIsm: byAmount,
  AtomicInitDefaultFallbackRoutingIsm: fallbackIsm,
  AtomicInitIncrementalDomainRoutingIsm: (accounts, { args }) =>
    routingIsm(accounts, "incrementalDomainRoutingIsm", args),
  BlacklistIsm: blacklist,
  DefaultHook: ofMailbox,
  DomainRoutingHook: routingHook,
  FallbackDomainRoutingHook: fallbackHook,
  InterchainAccountRouter: router,
  MerkleTreeHook: ofMailbox,
  MinimalInterchainAccountRouter: router,
  PausableIsm: (_, { contract, args: [owner] }) => ({ contract, owner }),
  ProtocolFee: protocolFee,
  StorageAggregationIsm: stored,
  StorageGasOracle: oracle,
  StorageMerkleRootMultisigIsm: stored,
  StorageMessageIdMultisigIsm: stored,
  TimelockController: timelock,
  TransparentUpgradeableProxy: upgradeable,
  TrustedRelayerIsm: trustedRelayer,
  ValidatorAnnounce: ofMailbox,
};

/** Puts what creation code makes at an address. */
export function create(accounts: Accounts, { signer, address, data }: Creation): void {
  const [, implementation, call] = PROXY.exec(data) ?? [];
  if (implementation) {
    accounts.put(address, clone(accounts, implementation, `0x${call}`));
    return;
  }
  const { contract, args } = readCreation(data);
  const make = MAKES[contract] ?? ofSigner;
  accounts.put(address, make(accounts, { contract, signer, args }));
  if (contract === "InterchainAccountRouter") addReader(accounts, address, args);
}

function readCreation(data: string): Pick<Making, "contract" | "args"> {
  const [name] =
    Object.entries(contracts).find(([, { bytecode }]) => data.startsWith(bytecode)) ?? [];
  if (!name) throw new Error(`what is ${data.slice(0, 40)}?`);
  const contract = name as ContractName;
  const { inputs } = interfaceOf(contract).deploy;
  const rest = `0x${data.slice(contracts[contract].bytecode.length)}`;
  return { contract, args: AbiCoder.defaultAbiCoder().decode(inputs, rest) };
}

/** Only what a factory of theirs has made is known to be a routing module. */
function clone(accounts: Accounts, implementation: string, call: Hex): Account {
  const factories = accounts.of(["DomainRoutingIsmFactory"]);
  const made = factories.map((from) => getCreateAddress({ from, nonce: 1 }));
  if (!made.includes(getAddress(`0x${implementation}`))) {
    throw new Error(`nothing is at ${implementation}`);
  }
  return routingIsm(accounts, "domainRoutingIsm", readCall("DomainRoutingIsm", call).args);
}

function ofSigner(_: Accounts, { contract, signer }: Making): Account {
  return { contract, owner: signer };
}

function ofMailbox(accounts: Accounts, making: Making): Account {
  accounts.demandMailbox(making.args[0]);
  return ofSigner(accounts, making);
}

function byAmount(accounts: Accounts, { contract, args }: Making): Account & ByAmount {
  const [lower, upper, threshold] = args;
  for (const one of [lower, upper]) accounts.demand(one);
  return { contract, owner: NOBODY, lower, upper, threshold };
}

function blacklist(_: Accounts, { contract, args: [owner] }: Making): Account & Blacklist {
  return { contract, owner, ids: new Set() };
}

function stored(_: Accounts, { contract, args }: Making): Account & Stored {
  return { contract, owner: NOBODY, members: [...args[0]], threshold: Number(args[1]) };
}

function trustedRelayer(accounts: Accounts, { contract, args: [mailbox, relayer] }: Making) {
  accounts.demandMailbox(mailbox);
  return { contract, owner: NOBODY, relayer };
}

function fallbackIsm(accounts: Accounts, { args: [mailbox, ...args] }: Making): Account {
  accounts.demandMailbox(mailbox);
  return routingIsm(accounts, "defaultFallbackRoutingIsm", args);
}

function routingIsm(
  accounts: Accounts,
  type: RoutingIsm["type"],
  [owner, domains, modules]: unknown[],
): Account & RoutingIsm {
  const routes = (domains as bigint[]).map(
    (one, at) => [Number(one), (modules as Address[])[at] as Address] as const,
  );
  for (const [, ism] of routes) accounts.demand(ism);
  const contract = "DomainRoutingIsm";
  return { contract, type, owner: owner as Address, routes: new Map(routes) };
}

function routingHook(accounts: Accounts, { contract, args: [mailbox, owner] }: Making) {
  accounts.demandMailbox(mailbox);
  return { contract, owner, hooks: new Map() };
}

function fallbackHook(accounts: Accounts, making: Making): Account & RoutingHook {
  const routed = routingHook(accounts, making);
  const [, , fallback] = making.args;
  accounts.demand(fallback);
  return { ...routed, fallback };
}

function protocolFee(_: Accounts, { contract, args }: Making): Account & Fee {
  const [max, fee, beneficiary, owner] = args;
  return { contract, max, fee, beneficiary, owner };
}

function oracle(_: Accounts, { contract, signer }: Making): Account & GasOracle {
  return { contract, owner: signer, prices: new Map() };
}

function timelock(_: Accounts, { contract, args }: Making): Account & Lock {
  const [, [schedule], [execute]] = args;
  const roles = { schedule, execute };
  return {
    ...{ contract, owner: NOBODY, roles },
    ...{ calls: new Map(), told: new Set(), done: new Set() },
  };
}

function router(accounts: Accounts, { contract, args }: Making): Account & Router {
  const [mailbox, , owner] = args;
  accounts.demandMailbox(mailbox);
  return { contract, owner, remotes: new Map(), approvals: [] };
}

/** What a router makes to have its answers read by. */
function addReader(accounts: Accounts, router: Address, args: Result): void {
  const [, , owner, , urls] = args;
  const reader = getCreateAddress({ from: router, nonce: 1 }) as Address;
  const account: Account & Reader = { contract: "CommitmentReadIsm", owner, urls: [...urls] };
  accounts.at<Router>(router).reader = reader;
  accounts.put(reader, account);
}

function upgradeable(accounts: Accounts, { args: [logic, admin, data] }: Making): Account {
  const { contract } = accounts.at(logic);
  accounts.demand(admin);
  const { args } = readCall(contract, data);
  const [owner, ...rest] = args as unknown as Address[];
  const known = { contract, owner: owner as Address, admin };
  return contract === "Mailbox"
    ? { ...known, ...coreOf(accounts, rest) }
    : { ...known, ...paymasterOf(rest) };
}

function coreOf(accounts: Accounts, parts: Address[]): Omit<Core, "admin"> {
  for (const one of parts) accounts.demand(one);
  const [defaultIsm, defaultHook, requiredHook] = parts as [Address, Address, Address];
  return { defaultIsm, defaultHook, requiredHook };
}

function paymasterOf([beneficiary]: Address[]): Paymaster {
  return {
    ...{ beneficiary: beneficiary as Address },
    ...{ configs: new Map(), tokens: new Map(), signers: new Set() },
  };
}
