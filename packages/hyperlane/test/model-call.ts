import type { Address, Hex } from "@playbook/evm";
import { AbiCoder, type FunctionFragment, type Result } from "ethers";
import { type ContractName, interfaceOf, NOBODY } from "../src/contract.ts";
import {
  type AddressSet,
  SET_FACTORIES,
  type SetType,
  setAddress,
  type WeightedSet,
} from "../src/static-set.ts";
import type {
  Accounts,
  Blacklist,
  Fee,
  GasOracle,
  Lock,
  Pausable,
  Paymaster,
  Reader,
  Router,
  RoutingHook,
  RoutingIsm,
} from "./model-accounts.ts";
import { tellLock } from "./model-timelock.ts";

export type Call = { by: Address; to: Address; data: Hex };

type Told = { to: Address; name: string; args: Result };

type Change = (accounts: Accounts, told: Told) => void;

/** Whatever is not here sets the field that it is named after. */
const CHANGES: Partial<Record<string, Change>> = {
  addQuoteSigner,
  approveFeeTokenForHook,
  blacklist,
  enrollRemoteRouters,
  pause,
  removeIsms,
  removeQuoteSigner,
  setDestinationGasConfigs,
  setHooks,
  setIsms,
  setProtocolFee,
  setRemoteGasDataConfigs,
  setTokenGasOracles,
  setUrls,
  transferOwnership,
  unenrollRemoteRouters,
  unpause: pause,
};

const functions = new Map<string, FunctionFragment>();

/** A call's function and arguments. The interface would hash all its functions to find one. */
export function readCall(contract: ContractName, data: string): Omit<Told, "to"> {
  const key = `${contract}${data.slice(0, 10)}`;
  const found = functions.get(key) ?? interfaceOf(contract).getFunction(data.slice(0, 10));
  if (!found) throw new Error(`${contract} has no function ${data.slice(0, 10)}`);
  functions.set(key, found);
  const args = AbiCoder.defaultAbiCoder().decode(found.inputs, `0x${data.slice(10)}`);
  return { name: found.name, args };
}

/** Changes what there is as a contract does it. Owners only are obeyed. */
export function call(accounts: Accounts, { by, to, data }: Call): void {
  const { contract, owner } = accounts.at(to);
  const { name, args } = readCall(contract, data);
  if (name === "deploy") {
    deploy(accounts, contract, { to, args });
  } else if (contract === "TimelockController") {
    const due = tellLock(accounts.at<Lock>(to), { by, name, args });
    if (due) call(accounts, { by: to, ...due });
  } else {
    if (owner !== by) throw new Error(`${name}: ${contract} belongs to ${owner}`);
    const change = CHANGES[name] ?? setField;
    change(accounts, { to, name, args });
  }
}

function deploy(
  accounts: Accounts,
  contract: ContractName,
  { to, args }: Omit<Told, "name">,
): void {
  const [type] = Object.entries(SET_FACTORIES).find(([, name]) => name === contract) ?? [];
  const set = contract.includes("Weighted") ? weighted(args) : plain(args);
  if (contract.includes("Aggregation") && "values" in set) {
    for (const one of set.values) accounts.demand(one);
  }
  accounts.putSet(setAddress(to, set), { type: type as SetType, ...set });
}

function plain(args: Result): AddressSet {
  const values = [...args[0]] as Address[];
  return { values, threshold: args.length > 1 ? Number(args[1]) : values.length };
}

function weighted(args: Result): WeightedSet {
  const signers = [...(args[0] as [Address, bigint][])].map(([address, weight]) => ({
    ...{ address, weight: Number(weight) },
  }));
  return { signers, thresholdWeight: Number(args[1]) };
}

function setField(accounts: Accounts, { to, name, args: [value] }: Told): void {
  const at = accounts.at(to);
  const field = `${name[3]?.toLowerCase()}${name.slice(4)}`;
  if (!(field in at)) throw new Error(`${name} is not known`);
  if (field !== "beneficiary") accounts.demand(value);
  at[field] = value;
}

function transferOwnership(accounts: Accounts, { to, args: [owner] }: Told): void {
  accounts.at(to).owner = owner;
}

function pause(accounts: Accounts, { to, name }: Told): void {
  const at = accounts.at<Pausable>(to);
  if ((at.paused === true) === (name === "pause")) throw new Error("is so already");
  at.paused = name === "pause";
}

function setIsms(accounts: Accounts, { to, args: [isms] }: Told): void {
  const { type, routes } = accounts.at<RoutingIsm>(to);
  for (const [domain, ism] of isms) {
    accounts.demand(ism);
    const isThere = routes.has(Number(domain));
    if (type === "incrementalDomainRoutingIsm" && isThere) throw new Error("origin has a module");
    routes.set(Number(domain), ism);
  }
}

function removeIsms(accounts: Accounts, { to, args: [domains] }: Told): void {
  const { type, routes } = accounts.at<RoutingIsm>(to);
  if (type === "incrementalDomainRoutingIsm") throw new Error("routes stay");
  for (const domain of domains) {
    if (!routes.delete(Number(domain))) throw new Error("No ISM found for origin");
  }
}

function blacklist(accounts: Accounts, { to, args: [messages] }: Told): void {
  const { ids } = accounts.at<Blacklist>(to);
  for (const id of messages) ids.add(id);
}

function setHooks(accounts: Accounts, { to, args: [all] }: Told): void {
  const { hooks } = accounts.at<RoutingHook>(to);
  for (const [domain, hook] of all) {
    if (hook === NOBODY) hooks.delete(Number(domain));
    else hooks.set(Number(domain), hook);
  }
}

function setProtocolFee(accounts: Accounts, { to, args: [fee] }: Told): void {
  const at = accounts.at<Fee>(to);
  if (fee > at.max) throw new Error("exceeds max protocol fee");
  at.fee = fee;
}

function setRemoteGasDataConfigs(accounts: Accounts, { to, args: [remotes] }: Told): void {
  const { prices } = accounts.at<GasOracle>(to);
  for (const [domain, tokenExchangeRate, gasPrice] of remotes) {
    prices.set(Number(domain), { gasPrice, tokenExchangeRate });
  }
}

function setDestinationGasConfigs(accounts: Accounts, { to, args: [remotes] }: Told): void {
  const { configs } = accounts.at<Paymaster>(to);
  for (const [domain, [oracle, overhead]] of remotes) {
    if (oracle === NOBODY) configs.delete(Number(domain));
    else configs.set(Number(domain), { oracle, overhead });
  }
}

function setTokenGasOracles(accounts: Accounts, { to, args: [remotes] }: Told): void {
  const { configs, tokens } = accounts.at<Paymaster>(to);
  for (const [token, remote, oracle] of remotes) {
    const domain = Number(remote);
    if (!configs.has(domain)) throw new Error("no native oracle");
    const oracles = tokens.get(token) ?? new Map<number, Address>();
    if (oracle === NOBODY) oracles.delete(domain);
    else oracles.set(domain, oracle);
    tokens.set(token, oracles);
  }
}

function addQuoteSigner(accounts: Accounts, { to, args: [signer] }: Told): void {
  accounts.at<Paymaster>(to).signers.add(signer);
}

function removeQuoteSigner(accounts: Accounts, { to, args: [signer] }: Told): void {
  accounts.at<Paymaster>(to).signers.delete(signer);
}

function enrollRemoteRouters(accounts: Accounts, { to, args: [domains, routers] }: Told): void {
  const { remotes } = accounts.at<Router>(to);
  for (const [place, domain] of [...domains].entries()) {
    remotes.set(Number(domain), routers[place]);
  }
}

function unenrollRemoteRouters(accounts: Accounts, { to, args: [domains] }: Told): void {
  const { remotes } = accounts.at<Router>(to);
  for (const domain of domains) {
    if (!remotes.delete(Number(domain))) throw new Error("no router");
  }
}

function approveFeeTokenForHook(accounts: Accounts, { to, args: [token, hook] }: Told): void {
  accounts.at<Router>(to).approvals.push({ token, hook });
}

function setUrls(accounts: Accounts, { to, args: [urls] }: Told): void {
  accounts.at<Reader>(to).urls = [...urls];
}
