import type { Address, Hex } from "@playbook/evm";
import type { Operation } from "./timelock.ts";

/** What one origin's messages are judged by. */
export type Route<Extra> = { domain: number; ism: Ism<Extra> };

/** A validator, and how much its signature weighs. */
export type Signer = { address: Address; weight: number };

/** Where the config says that a part is already; it is that if it is just as wished. */
type Placed = { at?: Address | undefined };

/** A security module: what a chain shall have, and, with `{ address }`, what it has. */
export type Ism<Extra = unknown> = Extra &
  Placed &
  (
    | {
        type:
          | "messageIdMultisigIsm"
          | "merkleRootMultisigIsm"
          | "storageMessageIdMultisigIsm"
          | "storageMerkleRootMultisigIsm";
        validators: Address[];
        threshold: number;
      }
    | {
        type: "weightedMessageIdMultisigIsm" | "weightedMerkleRootMultisigIsm";
        signers: Signer[];
        thresholdWeight: number;
      }
    | {
        type: "staticAggregationIsm" | "storageAggregationIsm";
        modules: Ism<Extra>[];
        threshold: number;
      }
    | {
        type: "domainRoutingIsm" | "defaultFallbackRoutingIsm" | "incrementalDomainRoutingIsm";
        owner: Address;
        routes: Route<Extra>[];
      }
    /** Which module judges is decided by the amount in the message: the upper one from it on. */
    | { type: "amountRoutingIsm"; lower: Ism<Extra>; upper: Ism<Extra>; threshold: bigint }
    | { type: "pausableIsm"; owner: Address; paused: boolean }
    /** Takes whatever is none of these messages; one that is listed stays so for ever. */
    | { type: "blacklistIsm"; owner: Address; ids: Hex[] }
    | { type: "trustedRelayerIsm"; relayer: Address }
    | { type: "testIsm" }
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

/** What gas for one destination costs in a token. */
export type TokenPrice<Extra = unknown> = {
  domain: number;
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
  /** What gas may be paid in beside the chain's own currency. */
  tokens: { token: Address; prices: TokenPrice[] }[];
};

/**
 * An oracle of gas prices, whom it obeys, and what it says of the destinations that it was asked
 * about.
 */
export type Oracle = { address: Address; owner: Address; prices: TokenPrice[] };

export type StandingPaymaster = Omit<GasPaymaster, "oracleKey" | "remotes" | "tokens"> & {
  address: Address;
  /** Null while no destination has one. */
  oracle: Oracle | null;
  remotes: Remote<{ oracle: Address }>[];
  /** Those that were asked about: a paymaster does not list them. */
  tokens: StandingToken[];
};

export type StandingToken = {
  token: Address;
  /** The token's own; null while it has none. */
  oracle: Oracle | null;
  prices: TokenPrice<{ oracle: Address }>[];
};

/** What messages to one destination pass. */
export type Way<Extra, Paymaster> = { domain: number; hook: Hook<Extra, Paymaster> };

/** A hook, like a module. */
export type Hook<Extra = unknown, Paymaster = GasPaymaster> = Extra &
  Placed &
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
    | { type: "domainRoutingHook"; owner: Address; ways: Way<Extra, Paymaster>[] }
    | {
        type: "fallbackRoutingHook";
        owner: Address;
        ways: Way<Extra, Paymaster>[];
        fallback: Hook<Extra, Paymaster>;
      }
    | {
        type: "amountRoutingHook";
        lower: Hook<Extra, Paymaster>;
        upper: Hook<Extra, Paymaster>;
        threshold: bigint;
      }
    /** Whatever the mailbox's default hook is. */
    | { type: "defaultHook" }
    | { type: "foreign"; address: Address }
  );

export type StandingIsm = Ism<{ address: Address }>;
export type StandingHook = Hook<{ address: Address }, StandingPaymaster>;

/** What the signer has made and nothing uses. */
export type SpareParts = {
  isms: readonly StandingIsm[];
  hooks: readonly StandingHook[];
  oracles: readonly Oracle[];
  /** The one that the registry lists, where no hook has one. */
  paymaster: StandingPaymaster | undefined;
};

/** What is where a config says that a part is. */
export type Claimed = {
  isms: ReadonlyMap<Address, StandingIsm>;
  hooks: ReadonlyMap<Address, StandingHook>;
};

/** A router of interchain accounts on another chain, by its address in 32 bytes. */
export type RemoteRouter = { domain: number; router: Hex };

/** What answers of interchain accounts are read by. */
type Commitments = { owner: Address; urls: string[] };

/** A token that a router pays fees in, and the hook that may take as much of it as it wants. */
export type Approval = { token: Address; hook: Address };

/** What a router of interchain accounts shall have; what is undefined is left as it is. */
export type DesiredAccounts = {
  /** A minimal one, for chains that cap the size of code, knows no commitments. */
  isMinimal: boolean | undefined;
  owner: Address | undefined;
  commitments: { [Field in keyof Commitments]: Commitments[Field] | undefined };
  remotes: RemoteRouter[] | undefined;
  /** Those that there have to be; others are left. */
  approvals: Approval[];
  /** What a new one begins with. */
  initial: { owner: Address; commitments: Commitments };
};

export type StandingAccounts = {
  address: Address;
  owner: Address;
  remotes: RemoteRouter[];
  /** Of those that were asked about. */
  approvals: Approval[];
  /** Null for a minimal one. */
  commitments: (Commitments & { address: Address }) | null;
};

/** Who may upgrade a chain's contracts, and how long it is known before, in seconds. */
export type Timelock = { delay: number; proposer: Address; executor: Address };

/** A timelock that is there. */
export type StandingLock = Timelock & { address: Address };

/** What one chain shall have. */
export type Desired = {
  chain: string;
  domain: number;
  owner: Address;
  /** Undefined leaves the one that a chain has, and is the owner's on a new one. */
  proxyAdminOwner: Address | undefined;
  /** What owns the proxy admin where nobody else is said to. */
  timelock: Timelock | undefined;
  defaultIsm: Ism;
  defaultHook: Hook;
  requiredHook: Hook;
  interchainAccounts: DesiredAccounts;
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
  accounts: StandingAccounts | null;
  recipient: StandingRecipient | null;
  /** How far what the timelock is to do has come, by the ids of the first operations. */
  operations: ReadonlyMap<Hex, Operation>;
  spares: SpareParts;
  claimed: Claimed;
  /** What the registry lists otherwise than the chain has it: the chain is right. */
  corrected: Change[];
};

/** One thing that is otherwise than it shall be. */
export type Change = { subject: string; from: string; to: string };

/** What messages are tried with; `ism` is nobody where it asks the mailbox's. */
export type StandingRecipient = { address: Address; owner: Address; ism: Address };

export type StandingCore = {
  mailbox: Address;
  /** The block that its messages begin in at the latest. */
  since: number;
  owner: Address;
  proxyAdmin: { address: Address; owner: Address };
  defaultIsm: StandingIsm;
  defaultHook: StandingHook;
  requiredHook: StandingHook;
};
