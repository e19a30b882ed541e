import type { Address } from "@playbook/evm";

/** What one origin's messages are judged by. */
export type Route<Extra> = { domain: number; ism: Ism<Extra> };

/** A security module: what a chain shall have, and, with `{ address }`, what it has. */
export type Ism<Extra = unknown> = Extra &
  (
    | {
        type: "messageIdMultisigIsm" | "merkleRootMultisigIsm";
        validators: Address[];
        threshold: number;
      }
    | { type: "staticAggregationIsm"; modules: Ism<Extra>[]; threshold: number }
    | { type: "domainRoutingIsm"; owner: Address; routes: Route<Extra>[] }
    | { type: "pausableIsm"; owner: Address; paused: boolean }
    | { type: "foreign"; address: Address }
  );

/** What dispatching to one destination costs, and which oracle says so on the chain. */
export type Remote<Extra = unknown> = {
  domain: number;
  /** Gas that delivery takes beside what the message asks for. */
  overhead: bigint;
  gasPrice: bigint;
  tokenExchangeRate: bigint;
} & Extra;

export type GasPaymaster = {
  type: "interchainGasPaymaster";
  owner: Address;
  beneficiary: Address;
  oracleKey: Address;
  quoteSigners: Address[];
  remotes: Remote[];
};

export type StandingPaymaster = Omit<GasPaymaster, "oracleKey" | "remotes"> & {
  address: Address;
  /** Null while no destination has one. */
  oracle: { address: Address; owner: Address } | null;
  remotes: Remote<{ oracle: Address }>[];
};

/** A hook, like a module. */
export type Hook<Extra = unknown, Paymaster = GasPaymaster> = Extra &
  (
    | Paymaster
    | { type: "merkleTreeHook" }
    | {
        type: "protocolFee";
        owner: Address;
        beneficiary: Address;
        maxProtocolFee: bigint;
        protocolFee: bigint;
      }
    | { type: "pausableHook"; owner: Address; paused: boolean }
    | { type: "aggregationHook"; hooks: Hook<Extra, Paymaster>[] }
    | { type: "foreign"; address: Address }
  );

export type StandingIsm = Ism<{ address: Address }>;
export type StandingHook = Hook<{ address: Address }, StandingPaymaster>;

/** What one chain shall have. */
export type Desired = {
  chain: string;
  domain: number;
  owner: Address;
  /** Undefined leaves the one that a chain has, and is the owner's on a new one. */
  proxyAdminOwner: Address | undefined;
  defaultIsm: Ism;
  defaultHook: Hook;
  requiredHook: Hook;
  interchainAccounts: { owner: Address; urls: string[] };
  /** Null where the calls with quotes are not wanted. */
  permit2: Address | null;
};

/** Where a registry says that a chain's contracts are, by the registry's names. */
export type Addresses = Partial<Record<string, Address>>;

/** What a chain has, all of it in one block. */
export type Observed = {
  chain: string;
  block: number;
  /** The signer's next. */
  nonce: number;
  /** Contracts of the registry whose code was found to be theirs. */
  addresses: Addresses;
  /** Contracts that are made at an address known in advance, and are there. */
  standing: ReadonlySet<Address>;
  core: StandingCore | null;
};

export type StandingCore = {
  mailbox: Address;
  /** The block that it was made in. */
  since: number;
  owner: Address;
  proxyAdmin: { address: Address; owner: Address };
  defaultIsm: StandingIsm;
  defaultHook: StandingHook;
  requiredHook: StandingHook;
};
