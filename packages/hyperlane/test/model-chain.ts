import type { Address, Hex } from "@playbook/evm";
import {
  AbiCoder,
  type FunctionFragment,
  getAddress,
  getCreateAddress,
  keccak256,
  type Result,
} from "ethers";
import { type ContractName, interfaceOf, NOBODY } from "../src/contract.ts";
import { contracts } from "../src/contracts.generated.ts";
import { type ChainPlan, DEPLOYER } from "../src/index.ts";
import type {
  Addresses,
  Approval,
  Observed,
  Oracle,
  SpareParts,
  StandingAccounts,
  StandingHook,
  StandingIsm,
  StandingPaymaster,
  StandingToken,
} from "../src/model.ts";
import {
  type AddressSet,
  SET_FACTORIES,
  type SetType,
  setAddress,
  type WeightedSet,
} from "../src/static-set.ts";
import { type LockedCall, type Operation, operationId } from "../src/timelock.ts";

type Account = { contract: ContractName; owner: Address; [field: string]: unknown };
type MadeSet = { type: SetType } & (AddressSet | WeightedSet);
type Price = { gasPrice: bigint; tokenExchangeRate: bigint };

/** A proxy in the making: what it obeys, twice, and what it is told. */
const PROXY = /^0x5f5f61.{4}80606d5f395f73(.{40}).{64}363d3d373d3d3d363d73\1.{30}((?:..)*)$/;

const ISMS = [
  ...["AmountRoutingIsm", "BlacklistIsm", "DomainRoutingIsm", "PausableIsm", "TestIsm"],
  ...["StorageAggregationIsm", "StorageMerkleRootMultisigIsm", "StorageMessageIdMultisigIsm"],
  "TrustedRelayerIsm",
];

const HOOKS = [
  ...["AmountRoutingHook", "DefaultHook", "DomainRoutingHook", "FallbackDomainRoutingHook"],
  ...["PausableHook", "ProtocolFee"],
];

const NO_SPARES: SpareParts = { isms: [], hooks: [], oracles: [], paymaster: undefined };

const OPERATION = ["address", "uint256", "bytes", "bytes32", "bytes32"];

type Lock = {
  roles: { schedule: Address; execute: Address };
  calls: Map<string, LockedCall>;
  told: Set<string>;
  done: Set<string>;
};

type LockTold = { at: Account; by: Address; name: string; args: Result };

type Stored = { members: Address[]; threshold: number };

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

const functions = new Map<string, FunctionFragment>();

/** A call's function and arguments. The interface would hash all its functions to find one. */
function told(contract: ContractName, data: string): { name: string; args: Result } {
  const key = `${contract}${data.slice(0, 10)}`;
  const found = functions.get(key) ?? interfaceOf(contract).getFunction(data.slice(0, 10));
  if (!found) throw new Error(`${contract} has no function ${data.slice(0, 10)}`);
  functions.set(key, found);
  const args = AbiCoder.defaultAbiCoder().decode(found.inputs, `0x${data.slice(10)}`);
  return { name: found.name, args };
}

/**
 * A chain that understands what the contracts are told, as far as a plan tells them anything. It
 * shares nothing with the planner but the addresses of sets, and obeys owners only.
 */
export class ModelChain {
  readonly signer: Address;
  nonce: number;
  readonly #accounts = new Map<string, Account>();
  readonly #sets = new Map<string, MadeSet>();
  readonly #everywhere: boolean;
  /** What has been looked at. */
  readonly #used = new Set<string>();

  constructor(signer: Address, { nonce = 0, deployer = true } = {}) {
    this.signer = signer;
    this.nonce = nonce;
    this.#everywhere = deployer;
  }

  /** Sends the steps, and has the proposals executed by whom they are meant for. */
  apply({ steps, proposals }: Pick<ChainPlan, "steps" | "proposals">): void {
    for (const { to, data, creates } of steps) {
      if (to === null) this.#create(data);
      else if (to === DEPLOYER)
        this.#createAt(creates[0]?.address as Address, `0x${data.slice(66)}`);
      else this.#call(this.signer, to, data);
      this.nonce += 1;
    }
    for (const { by, to, data } of proposals) this.#call(by, to, data);
  }

  observe(addresses: Addresses): Observed {
    const { mailbox, interchainAccountRouter: router } = addresses;
    const standing = [...this.#sets.keys(), ...this.#accounts.keys()] as Address[];
    return {
      chain: "here",
      block: 1,
      nonce: this.nonce,
      addresses,
      standing: new Set([...standing, ...(this.#everywhere ? [DEPLOYER] : [])]),
      core: mailbox ? this.#core(mailbox) : null,
      accounts: router ? this.#router(router) : null,
      corrected: [],
      recipient: null,
      operations: this.#operations(addresses.timelockController),
      claimed: { isms: new Map(), hooks: new Map() },
      spares: mailbox ? this.#spares(mailbox, addresses) : NO_SPARES,
    };
  }

  /** What is there and no part of the mailbox. */
  #spares(mailbox: Address, { interchainGasPaymaster: listed }: Addresses): SpareParts {
    this.#used.clear();
    this.#core(mailbox);
    const left = [...this.#accounts].filter(([address]) => !this.#used.has(address));
    const of = (contracts: readonly string[]) =>
      left.filter(([, { contract }]) => contracts.includes(contract));
    const [isms, hooks, oracles] = [of(ISMS), of(HOOKS), of(["StorageGasOracle"])];
    return {
      isms: isms.map(([address]) => this.#ism(address as Address)),
      hooks: hooks.map(([address]) => this.#hook(address as Address)),
      oracles: oracles.map(([address]) => this.#oracle(address as Address)),
      paymaster: listed && this.#paymaster(listed, this.#at(listed)),
    };
  }

  /** What a timelock was told: it is time for all of it that is not done. */
  #operations(lock: Address | undefined): Map<Hex, Operation> {
    const calls = lock ? [...(this.#at(lock).calls as Map<string, LockedCall>).values()] : [];
    const done = lock ? (this.#at(lock).done as Set<string>) : new Set();
    return new Map(
      calls.map((call): [Hex, Operation] => {
        let turn = 0;
        while (done.has(operationId(call, turn))) turn += 1;
        const isTold = (this.#at(lock as Address).told as Set<string>).has(operationId(call, turn));
        return [operationId(call, 0), { turn, state: isTold ? "ready" : "unscheduled", from: 1 }];
      }),
    );
  }

  #router(address: Address): StandingAccounts {
    const { owner, remotes, approvals, reader } = this.#at(address);
    return {
      ...{ address, owner },
      remotes: [...(remotes as Map<number, Hex>)].map(([domain, router]) => ({ domain, router })),
      approvals: [...(approvals as Approval[])],
      commitments: reader ? this.#commitments(reader as Address) : null,
    };
  }

  #commitments(address: Address) {
    const { owner, urls } = this.#at(address);
    return { address, owner, urls: urls as string[] };
  }

  #core(mailbox: Address) {
    const at = this.#at(mailbox);
    const admin = at.admin as Address;
    return {
      mailbox,
      since: 1,
      owner: at.owner,
      proxyAdmin: { address: admin, owner: this.#at(admin).owner },
      defaultIsm: this.#ism(at.defaultIsm as Address),
      defaultHook: this.#hook(at.defaultHook as Address),
      requiredHook: this.#hook(at.requiredHook as Address),
    };
  }

  #ism(address: Address): StandingIsm {
    const set = this.#sets.get(address);
    if (set) return this.#setIsm(set, address);
    const at = this.#at(address);
    const { contract, owner, paused = false } = at;
    switch (contract) {
      case "PausableIsm":
        return { type: "pausableIsm", address, owner, paused: paused as boolean };
      case "BlacklistIsm":
        return { type: "blacklistIsm", address, owner, ids: [...(at.ids as Set<Hex>)] };
      case "TestIsm":
        return { type: "testIsm", address };
      case "TrustedRelayerIsm":
        return { type: "trustedRelayerIsm", address, relayer: at.relayer as Address };
      case "StorageMessageIdMultisigIsm":
      case "StorageMerkleRootMultisigIsm": {
        const isRoot = contract === "StorageMerkleRootMultisigIsm";
        const type = isRoot ? "storageMerkleRootMultisigIsm" : "storageMessageIdMultisigIsm";
        const { members, threshold } = at as unknown as Stored;
        return { type, address, validators: members, threshold };
      }
      case "StorageAggregationIsm": {
        const { members, threshold } = at as unknown as Stored;
        const modules = members.map((one) => this.#ism(one));
        return { type: "storageAggregationIsm", address, modules, threshold };
      }
      case "AmountRoutingIsm":
        return {
          ...{ type: "amountRoutingIsm", address, threshold: at.threshold as bigint },
          lower: this.#ism(at.lower as Address),
          upper: this.#ism(at.upper as Address),
        };
      default: {
        const all = [...(at.routes as Map<number, Address>)].map(([domain, ism]) => ({
          ...{ domain, ism: this.#ism(ism) },
        }));
        return { type: at.type as "domainRoutingIsm", address, owner, routes: all };
      }
    }
  }

  #setIsm(set: MadeSet, address: Address): StandingIsm {
    if ("signers" in set) {
      const { signers, thresholdWeight } = set;
      return {
        type: set.type as "weightedMessageIdMultisigIsm",
        address,
        signers,
        thresholdWeight,
      };
    }
    const { values, threshold } = set;
    if (set.type === "staticAggregationIsm") {
      const modules = values.map((one) => this.#ism(one));
      return { type: set.type, address, modules, threshold };
    }
    return { type: set.type as "messageIdMultisigIsm", address, validators: values, threshold };
  }

  #hook(address: Address): StandingHook {
    const set = this.#sets.get(address);
    if (set && "values" in set) {
      return { type: "aggregationHook", address, hooks: set.values.map((one) => this.#hook(one)) };
    }
    const at = this.#at(address);
    if (at.contract === "InterchainGasPaymaster") return this.#paymaster(address, at);
    if (at.contract === "MerkleTreeHook") return { type: "merkleTreeHook", address };
    if (at.contract === "PausableHook") {
      return { type: "pausableHook", address, owner: at.owner, paused: at.paused === true };
    }
    if (at.contract === "DefaultHook") return { type: "defaultHook", address };
    if (at.contract === "AmountRoutingHook") {
      return {
        ...{ type: "amountRoutingHook", address, threshold: at.threshold as bigint },
        lower: this.#hook(at.lower as Address),
        upper: this.#hook(at.upper as Address),
      };
    }
    const { owner } = at;
    if ("hooks" in at) {
      const ways = [...(at.hooks as Map<number, Address>)].map(([domain, hook]) => ({
        ...{ domain, hook: this.#hook(hook) },
      }));
      const routed = { address, owner, ways };
      if (at.contract === "DomainRoutingHook") return { type: "domainRoutingHook", ...routed };
      const fallback = this.#hook(at.fallback as Address);
      return { type: "fallbackRoutingHook", ...routed, fallback };
    }
    return {
      type: "protocolFee",
      address,
      owner,
      beneficiary: at.beneficiary as Address,
      maxProtocolFee: at.max as bigint,
      protocolFee: at.fee as bigint,
    };
  }

  #paymaster(address: Address, at: Account): StandingPaymaster {
    const configs = at.configs as Map<number, { oracle: Address; overhead: bigint }>;
    const remotes = [...configs].map(([domain, { oracle, overhead }]) => {
      const prices = this.#at(oracle).prices as Map<number, Price>;
      const price = prices.get(domain) ?? { gasPrice: 0n, tokenExchangeRate: 0n };
      return { domain, oracle, overhead, ...price };
    });
    const oracle = remotes[0]?.oracle;
    return {
      type: "interchainGasPaymaster",
      address,
      owner: at.owner,
      beneficiary: at.beneficiary as Address,
      quoteSigners: [...(at.signers as Set<Address>)],
      oracle: oracle ? this.#oracle(oracle) : null,
      remotes,
      tokens: [...(at.tokens as Map<Address, Map<number, Address>>)].map(([token, oracles]) =>
        this.#token(token, new Map([...oracles].filter(([domain]) => configs.has(domain)))),
      ),
    };
  }

  #token(token: Address, oracles: Map<number, Address>): StandingToken {
    const prices = [...oracles].map(([domain, oracle]) => {
      const known = this.#at(oracle).prices as Map<number, Price>;
      return {
        domain,
        oracle,
        ...(known.get(domain) ?? { gasPrice: 0n, tokenExchangeRate: 0n }),
      };
    });
    const address = prices[0]?.oracle;
    return { token, oracle: address ? this.#oracle(address) : null, prices };
  }

  #oracle(address: Address): Oracle {
    const { owner, prices } = this.#at(address);
    const known = [...(prices as Map<number, Price>)];
    return { address, owner, prices: known.map(([domain, price]) => ({ domain, ...price })) };
  }

  #create(data: string): void {
    const from = this.signer;
    this.#createAt(getCreateAddress({ from, nonce: this.nonce }) as Address, data);
  }

  #createAt(address: Address, data: string): void {
    const [, implementation, call] = PROXY.exec(data) ?? [];
    if (implementation) {
      this.#accounts.set(address, this.#cloned(implementation, `0x${call}`));
      return;
    }
    const [name] =
      Object.entries(contracts).find(([, { bytecode }]) => data.startsWith(bytecode)) ?? [];
    if (!name) throw new Error(`what is ${data.slice(0, 40)}?`);
    const contract = name as ContractName;
    const inputs = interfaceOf(contract).deploy.inputs;
    const rest = `0x${data.slice(contracts[contract].bytecode.length)}`;
    const args = AbiCoder.defaultAbiCoder().decode(inputs, rest);
    this.#accounts.set(address, this.#made(contract, args));
    if (contract !== "InterchainAccountRouter") return;
    const reader = getCreateAddress({ from: address, nonce: 1 }) as Address;
    this.#at(address).reader = reader;
    const [, , owner, , urls] = args;
    this.#accounts.set(reader, { contract: "CommitmentReadIsm", owner, urls: [...urls] });
  }

  /** Only what a factory of theirs has made is known to be a routing module. */
  #cloned(implementation: string, call: Hex): Account {
    const makers = [...this.#accounts].filter(([factory, { contract }]) => {
      const made = getCreateAddress({ from: factory, nonce: 1 });
      return contract === "DomainRoutingIsmFactory" && made === getAddress(`0x${implementation}`);
    });
    if (makers.length === 0) throw new Error(`nothing is at ${implementation}`);
    const { args } = told("DomainRoutingIsm", call);
    return this.#routed("domainRoutingIsm", args);
  }

  #made(contract: ContractName, args: Result): Account {
    const owner = this.signer;
    switch (contract) {
      case "TransparentUpgradeableProxy":
        return this.#proxy(args);
      case "PausableIsm":
        return { contract, owner: args[0] };
      case "BlacklistIsm":
        return { contract, owner: args[0], ids: new Set() };
      case "ProtocolFee":
        return { contract, max: args[0], fee: args[1], beneficiary: args[2], owner: args[3] };
      case "AtomicInitIncrementalDomainRoutingIsm":
        return this.#routed("incrementalDomainRoutingIsm", args);
      case "AtomicInitDefaultFallbackRoutingIsm": {
        if (this.#at(args[0]).contract !== "Mailbox") throw new Error("no mailbox");
        return this.#routed("defaultFallbackRoutingIsm", args.slice(1));
      }
      case "AmountRoutingIsm":
      case "AmountRoutingHook":
        for (const one of args.slice(0, 2)) this.#demand(one);
        return { contract, owner: NOBODY, lower: args[0], upper: args[1], threshold: args[2] };
      case "StorageAggregationIsm":
      case "StorageMerkleRootMultisigIsm":
      case "StorageMessageIdMultisigIsm":
        return { contract, owner: NOBODY, members: [...args[0]], threshold: Number(args[1]) };
      case "TrustedRelayerIsm":
        if (this.#at(args[0]).contract !== "Mailbox") throw new Error("no mailbox");
        return { contract, owner: NOBODY, relayer: args[1] };
      case "DomainRoutingHook":
      case "FallbackDomainRoutingHook":
        if (this.#at(args[0]).contract !== "Mailbox") throw new Error("no mailbox");
        if (contract === "DomainRoutingHook") return { contract, owner: args[1], hooks: new Map() };
        this.#demand(args[2]);
        return { contract, owner: args[1], fallback: args[2], hooks: new Map() };
      case "StorageGasOracle":
        return { contract, owner, prices: new Map() };
      case "TimelockController": {
        const roles = { schedule: args[1][0], execute: args[2][0] };
        return {
          contract,
          owner: NOBODY,
          roles,
          calls: new Map(),
          told: new Set(),
          done: new Set(),
        };
      }
      case "InterchainAccountRouter":
      case "MinimalInterchainAccountRouter":
        if (this.#at(args[0]).contract !== "Mailbox") throw new Error("no mailbox");
        return { contract, owner: args[2], remotes: new Map(), approvals: [] };
      case "DefaultHook":
      case "MerkleTreeHook":
      case "ValidatorAnnounce":
        if (this.#at(args[0]).contract !== "Mailbox") throw new Error("no mailbox");
        return { contract, owner };
      default:
        return { contract, owner };
    }
  }

  #routed(type: string, [owner, domains, modules]: unknown[]): Account {
    const routes = (domains as bigint[]).map(
      (one, at) => [Number(one), (modules as Address[])[at] as Address] as const,
    );
    for (const [, ism] of routes) this.#demand(ism);
    return {
      ...{ contract: "DomainRoutingIsm", type, owner: owner as Address },
      routes: new Map(routes),
    };
  }

  #proxy([logic, admin, data]: Result): Account {
    const { contract } = this.#at(logic);
    this.#demand(admin);
    const { args } = told(contract, data);
    const [owner, ...rest] = args as unknown as Address[];
    if (contract === "Mailbox") {
      for (const one of rest) this.#demand(one);
      const [defaultIsm, defaultHook, requiredHook] = rest;
      return { contract, owner: owner as Address, admin, defaultIsm, defaultHook, requiredHook };
    }
    const beneficiary = rest[0];
    return {
      contract,
      owner: owner as Address,
      admin,
      beneficiary,
      configs: new Map(),
      tokens: new Map(),
      signers: new Set(),
    };
  }

  #call(by: Address, to: Address, data: Hex): void {
    const at = this.#at(to);
    const { name, args } = told(at.contract, data);
    if (name === "deploy") {
      this.#set(to, at.contract, args);
      return;
    }
    if (at.contract === "TimelockController") {
      this.#lock(to, { at, by, name, args });
      return;
    }
    if (at.owner !== by) throw new Error(`${name}: ${at.contract} belongs to ${at.owner}`);
    this.#told(at, name, args);
  }

  #lock(lock: Address, { at, by, name, args }: LockTold): void {
    const { roles, calls, told: scheduled, done } = at as unknown as Lock;
    if (![by, NOBODY].includes(roles[name as keyof Lock["roles"]])) {
      throw new Error(`${name}: ${by} may not`);
    }
    const [target, , data, , salt] = args as unknown as [Address, bigint, Hex, Hex, Hex];
    const id = keccak256(AbiCoder.defaultAbiCoder().encode(OPERATION, args.slice(0, 5)));
    calls.set(`${target}${data}`, { to: target, data });
    if (name === "schedule") {
      if (scheduled.has(id)) throw new Error(`${salt} is scheduled already`);
      scheduled.add(id);
      return;
    }
    if (!scheduled.has(id) || done.has(id)) throw new Error(`${salt} cannot be executed`);
    done.add(id);
    this.#call(lock, target, data);
  }

  #set(factory: Address, contract: ContractName, args: Result): void {
    const [type] = Object.entries(SET_FACTORIES).find(([, name]) => name === contract) ?? [];
    const set = contract.includes("Weighted") ? weighted(args) : plain(args);
    if (contract.includes("Aggregation") && "values" in set) {
      for (const one of set.values) this.#demand(one);
    }
    this.#sets.set(setAddress(factory, set), { type: type as SetType, ...set });
  }

  #told(at: Account, name: string, args: Result): void {
    const [first] = args;
    const isIncremental = at.type === "incrementalDomainRoutingIsm";
    switch (name) {
      case "transferOwnership":
        at.owner = first;
        return;
      case "pause":
      case "unpause":
        if ((at.paused === true) === (name === "pause")) throw new Error("is so already");
        at.paused = name === "pause";
        return;
      case "setIsms":
        for (const [domain, ism] of first) {
          this.#demand(ism);
          const isThere = (at.routes as Map<number, Address>).has(Number(domain));
          if (isIncremental && isThere) throw new Error("origin has a module");
          (at.routes as Map<number, Address>).set(Number(domain), ism);
        }
        return;
      case "removeIsms":
        if (isIncremental) throw new Error("routes stay");
        for (const one of first) {
          const known = (at.routes as Map<number, Address>).delete(Number(one));
          if (!known) throw new Error("No ISM found for origin");
        }
        return;
      case "setRemoteGasDataConfigs":
        for (const [domain, tokenExchangeRate, gasPrice] of first) {
          const price = { gasPrice, tokenExchangeRate };
          (at.prices as Map<number, Price>).set(Number(domain), price);
        }
        return;
      case "setDestinationGasConfigs":
        for (const [domain, [oracle, overhead]] of first) {
          const configs = at.configs as Map<number, unknown>;
          if (oracle === NOBODY) configs.delete(Number(domain));
          else configs.set(Number(domain), { oracle, overhead });
        }
        return;
      case "setTokenGasOracles":
        for (const [token, domain, oracle] of first) this.#point(at, token, Number(domain), oracle);
        return;
      case "setHooks":
        for (const [domain, hook] of first) {
          const hooks = at.hooks as Map<number, Address>;
          if (hook === NOBODY) hooks.delete(Number(domain));
          else hooks.set(Number(domain), hook);
        }
        return;
      case "enrollRemoteRouters":
        for (const [place, domain] of [...first].entries()) {
          (at.remotes as Map<number, Hex>).set(Number(domain), args[1][place]);
        }
        return;
      case "unenrollRemoteRouters":
        for (const domain of first) {
          const known = (at.remotes as Map<number, Hex>).delete(Number(domain));
          if (!known) throw new Error("no router");
        }
        return;
      case "approveFeeTokenForHook":
        (at.approvals as Approval[]).push({ token: first, hook: args[1] });
        return;
      case "blacklist":
        for (const id of first) (at.ids as Set<Hex>).add(id);
        return;
      case "setUrls":
        at.urls = [...first];
        return;
      case "addQuoteSigner":
        (at.signers as Set<Address>).add(first);
        return;
      case "removeQuoteSigner":
        (at.signers as Set<Address>).delete(first);
        return;
      case "setProtocolFee":
        if (first > (at.max as bigint)) throw new Error("exceeds max protocol fee");
        at.fee = first;
        return;
      default: {
        const field = `${name[3]?.toLowerCase()}${name.slice(4)}`;
        if (!(field in at)) throw new Error(`${name} is not known`);
        if (field !== "beneficiary") this.#demand(first);
        at[field] = first;
      }
    }
  }

  #point(at: Account, token: Address, domain: number, oracle: Address): void {
    if (!(at.configs as Map<number, unknown>).has(domain)) throw new Error("no native oracle");
    const tokens = at.tokens as Map<Address, Map<number, Address>>;
    const oracles = tokens.get(token) ?? new Map<number, Address>();
    if (oracle === NOBODY) oracles.delete(domain);
    else oracles.set(domain, oracle);
    tokens.set(token, oracles);
  }

  #at(address: Address): Account {
    this.#used.add(getAddress(address));
    const account = this.#accounts.get(getAddress(address));
    if (!account) throw new Error(`nothing is at ${address}`);
    return account;
  }

  #demand(address: Address): void {
    if (!this.#sets.has(address)) this.#at(address);
  }
}
