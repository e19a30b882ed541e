import type { Address } from "@playbook/evm";
import type { ContractName } from "../src/contract.ts";
import type {
  Oracle,
  SpareParts,
  StandingAccounts,
  StandingCore,
  StandingHook,
  StandingIsm,
  StandingPaymaster,
  StandingToken,
} from "../src/model.ts";
import type {
  Accounts,
  Blacklist,
  ByAmount,
  Core,
  Fee,
  GasOracle,
  MadeSet,
  Pausable,
  Paymaster,
  Price,
  Reader,
  Router,
  RoutingHook,
  RoutingIsm,
  Stored,
} from "./model-accounts.ts";

type Look<Seen> = (accounts: Accounts, address: Address) => Seen;

const ISMS: Partial<Record<ContractName, Look<StandingIsm>>> = {
  AmountRoutingIsm: byAmountIsm,
  BlacklistIsm: blacklist,
  DomainRoutingIsm: routingIsm,
  PausableIsm: (accounts, address) => ({ type: "pausableIsm", ...pausable(accounts, address) }),
  StorageAggregationIsm: aggregation,
  StorageMerkleRootMultisigIsm: multisig("storageMerkleRootMultisigIsm"),
  StorageMessageIdMultisigIsm: multisig("storageMessageIdMultisigIsm"),
  TestIsm: (_, address) => ({ type: "testIsm", address }),
  TrustedRelayerIsm: trustedRelayer,
};

/** The hooks that may be spares. */
const HOOKS: Partial<Record<ContractName, Look<StandingHook>>> = {
  AmountRoutingHook: byAmountHook,
  DefaultHook: (_, address) => ({ type: "defaultHook", address }),
  DomainRoutingHook: (accounts, address) => ({
    ...{ type: "domainRoutingHook", ...routingHook(accounts, address) },
  }),
  FallbackDomainRoutingHook: fallbackHook,
  PausableHook: (accounts, address) => ({ type: "pausableHook", ...pausable(accounts, address) }),
  ProtocolFee: protocolFee,
};

/** Those that are found otherwise. */
const OTHER_HOOKS: typeof HOOKS = {
  InterchainGasPaymaster: paymasterSeen,
  MerkleTreeHook: (_, address) => ({ type: "merkleTreeHook", address }),
};

export function coreSeen(accounts: Accounts, mailbox: Address): StandingCore {
  const { owner, ...at } = accounts.at<Core>(mailbox);
  return {
    ...{ mailbox, since: 1, owner },
    proxyAdmin: { address: at.admin, owner: accounts.at(at.admin).owner },
    defaultIsm: ismSeen(accounts, at.defaultIsm),
    defaultHook: hookSeen(accounts, at.defaultHook),
    requiredHook: hookSeen(accounts, at.requiredHook),
  };
}

export function routerSeen(accounts: Accounts, address: Address): StandingAccounts {
  const { owner, remotes, approvals, reader } = accounts.at<Router>(address);
  return {
    ...{ address, owner },
    remotes: [...remotes].map(([domain, router]) => ({ domain, router })),
    approvals: [...approvals],
    commitments: reader ? commitmentsSeen(accounts, reader) : null,
  };
}

function commitmentsSeen(accounts: Accounts, address: Address) {
  const { owner, urls } = accounts.at<Reader>(address);
  return { address, owner, urls };
}

/** What is there and no part of the mailbox; of the paymasters the one that is listed. */
export function sparesSeen(
  accounts: Accounts,
  mailbox: Address,
  listed: Address | undefined,
): SpareParts {
  const left = accounts.leftBy(() => coreSeen(accounts, mailbox));
  const spare = (contracts: string[]) => accounts.of(contracts).filter((one) => left.has(one));
  return {
    isms: spare(Object.keys(ISMS)).map((address) => ismSeen(accounts, address)),
    hooks: spare(Object.keys(HOOKS)).map((address) => hookSeen(accounts, address)),
    oracles: spare(["StorageGasOracle"]).map((address) => oracleSeen(accounts, address)),
    paymaster: listed && paymasterSeen(accounts, listed),
  };
}

function ismSeen(accounts: Accounts, address: Address): StandingIsm {
  const set = accounts.setAt(address);
  if (set) return setSeen(accounts, address, set);
  const { contract } = accounts.at(address);
  const look = ISMS[contract];
  if (!look) throw new Error(`${contract} is no module`);
  return look(accounts, address);
}

function setSeen(accounts: Accounts, address: Address, set: MadeSet): StandingIsm {
  if ("signers" in set) {
    const { signers, thresholdWeight } = set;
    return { type: set.type as "weightedMessageIdMultisigIsm", address, signers, thresholdWeight };
  }
  const { values, threshold } = set;
  if (set.type === "staticAggregationIsm") {
    const modules = values.map((one) => ismSeen(accounts, one));
    return { type: set.type, address, modules, threshold };
  }
  return { type: set.type as "messageIdMultisigIsm", address, validators: values, threshold };
}

function multisig(
  type: "storageMerkleRootMultisigIsm" | "storageMessageIdMultisigIsm",
): Look<StandingIsm> {
  return (accounts, address) => {
    const { members, threshold } = accounts.at<Stored>(address);
    return { type, address, validators: members, threshold };
  };
}

function aggregation(accounts: Accounts, address: Address): StandingIsm {
  const { members, threshold } = accounts.at<Stored>(address);
  const modules = members.map((one) => ismSeen(accounts, one));
  return { type: "storageAggregationIsm", address, modules, threshold };
}

function routingIsm(accounts: Accounts, address: Address): StandingIsm {
  const { type, owner, routes } = accounts.at<RoutingIsm>(address);
  const all = [...routes].map(([domain, ism]) => ({ domain, ism: ismSeen(accounts, ism) }));
  return { type, address, owner, routes: all };
}

function byAmountIsm(accounts: Accounts, address: Address): StandingIsm {
  const { threshold, ...at } = accounts.at<ByAmount>(address);
  const [lower, upper] = [ismSeen(accounts, at.lower), ismSeen(accounts, at.upper)];
  return { type: "amountRoutingIsm", address, threshold, lower, upper };
}

function blacklist(accounts: Accounts, address: Address): StandingIsm {
  const { owner, ids } = accounts.at<Blacklist>(address);
  return { type: "blacklistIsm", address, owner, ids: [...ids] };
}

function trustedRelayer(accounts: Accounts, address: Address): StandingIsm {
  const { relayer } = accounts.at<{ relayer: Address }>(address);
  return { type: "trustedRelayerIsm", address, relayer };
}

function pausable(accounts: Accounts, address: Address) {
  const { owner, paused } = accounts.at<Pausable>(address);
  return { address, owner, paused: paused === true };
}

function hookSeen(accounts: Accounts, address: Address): StandingHook {
  const set = accounts.setAt(address);
  if (set && "values" in set) {
    const hooks = set.values.map((one) => hookSeen(accounts, one));
    return { type: "aggregationHook", address, hooks };
  }
  const { contract } = accounts.at(address);
  const look = HOOKS[contract] ?? OTHER_HOOKS[contract];
  if (!look) throw new Error(`${contract} is no hook`);
  return look(accounts, address);
}

function routingHook(accounts: Accounts, address: Address) {
  const { owner, hooks } = accounts.at<RoutingHook>(address);
  const ways = [...hooks].map(([domain, hook]) => ({ domain, hook: hookSeen(accounts, hook) }));
  return { address, owner, ways };
}

function fallbackHook(accounts: Accounts, address: Address): StandingHook {
  const { fallback } = accounts.at<RoutingHook>(address);
  const routed = routingHook(accounts, address);
  return { type: "fallbackRoutingHook", ...routed, fallback: hookSeen(accounts, fallback) };
}

function byAmountHook(accounts: Accounts, address: Address): StandingHook {
  const { threshold, ...at } = accounts.at<ByAmount>(address);
  const [lower, upper] = [hookSeen(accounts, at.lower), hookSeen(accounts, at.upper)];
  return { type: "amountRoutingHook", address, threshold, lower, upper };
}

function protocolFee(accounts: Accounts, address: Address): StandingHook {
  const { owner, beneficiary, max, fee } = accounts.at<Fee>(address);
  const fees = { maxProtocolFee: max, protocolFee: fee };
  return { type: "protocolFee", address, owner, beneficiary, ...fees };
}

function paymasterSeen(accounts: Accounts, address: Address): StandingPaymaster {
  const { owner, beneficiary, signers, configs, tokens } = accounts.at<Paymaster>(address);
  const remotes = [...configs].map(([domain, { oracle, overhead }]) => {
    return { domain, oracle, overhead, ...priceSeen(accounts, oracle, domain) };
  });
  const oracle = remotes[0]?.oracle;
  return {
    ...{ type: "interchainGasPaymaster", address, owner, beneficiary, remotes },
    quoteSigners: [...signers],
    oracle: oracle ? oracleSeen(accounts, oracle) : null,
    tokens: [...tokens].map(([token, oracles]) => {
      const own = [...oracles].filter(([domain]) => configs.has(domain));
      return tokenSeen(accounts, token, own);
    }),
  };
}

function tokenSeen(
  accounts: Accounts,
  token: Address,
  oracles: [domain: number, oracle: Address][],
): StandingToken {
  const prices = oracles.map(([domain, oracle]) => {
    return { domain, oracle, ...priceSeen(accounts, oracle, domain) };
  });
  const address = prices[0]?.oracle;
  return { token, oracle: address ? oracleSeen(accounts, address) : null, prices };
}

function priceSeen(accounts: Accounts, oracle: Address, domain: number): Price {
  const { prices } = accounts.at<GasOracle>(oracle);
  return prices.get(domain) ?? { gasPrice: 0n, tokenExchangeRate: 0n };
}

function oracleSeen(accounts: Accounts, address: Address): Oracle {
  const { owner, prices } = accounts.at<GasOracle>(address);
  return { address, owner, prices: [...prices].map(([domain, price]) => ({ domain, ...price })) };
}
