import { ActionError } from "@playbook/action";
import type { Address } from "@playbook/evm";
import type { CoreConfig } from "./config.ts";
import type { HookConfig } from "./config-hooks.ts";
import type { IsmConfig } from "./config-isms.ts";
import type { Desired, DesiredAccounts, GasPaymaster, Hook, Ism, Timelock } from "./model.ts";
import { inOrder, signersInOrder } from "./static-set.ts";

/** Domain ids by chain names: of the chain itself, and of all that a config may name. */
export type Domains = Readonly<Record<string, number>>;

/** Where answers of interchain accounts are revealed, unless a config says otherwise. */
const COMMITMENTS = "https://commitment-read-ism.hyperlane.xyz";

const PERMIT2 = "0x000000000022D473030F116dDEE9F6B43aC78BA3" as Address;

/** What a config means for a chain. Throws `unknown-domain` for a name without a domain. */
export function desiredOn(chain: string, config: CoreConfig, domains: Domains): Desired {
  const domainOf = lookUp(chain, domains);
  const { owner, ownerOverrides, interchainAccountRouter, permit2, deployQuotedCalls } = config;
  return {
    chain,
    domain: domainOf(chain),
    owner: ownerOverrides?.mailbox ?? owner,
    proxyAdminOwner: ownerOverrides?.proxyAdmin ?? config.proxyAdmin?.owner,
    timelock: timelockOf(config.upgrade),
    defaultIsm: desiredIsm(config.defaultIsm, domainOf),
    defaultHook: desiredHook(config.defaultHook, domainOf),
    requiredHook: desiredHook(config.requiredHook, domainOf),
    interchainAccounts: accountsOf(interchainAccountRouter, owner, domainOf),
    permit2: deployQuotedCalls ? (permit2 ?? PERMIT2) : null,
  };
}

function timelockOf(upgrade: CoreConfig["upgrade"]): Timelock | undefined {
  if (!upgrade) return undefined;
  const { delay, roles } = upgrade.timelock;
  return { delay, ...roles };
}

function accountsOf(
  config: CoreConfig["interchainAccountRouter"],
  owner: Address,
  domainOf: DomainOf,
): DesiredAccounts {
  const { commitmentIsm, remoteRouters, routerType, feeTokenApprovals = [] } = config ?? {};
  const first = config?.owner ?? owner;
  const numbered: DomainOf = (name) => (/^\d+$/.test(name) ? Number(name) : domainOf(name));
  return {
    isMinimal: routerType && routerType === "minimal",
    owner: config?.owner,
    approvals: feeTokenApprovals.map(({ feeToken: token, hook }) => ({ token, hook })),
    commitments: { owner: commitmentIsm?.owner, urls: commitmentIsm?.urls },
    remotes:
      remoteRouters &&
      byDomain(remoteRouters, numbered).map(([domain, { address: router }]) => ({
        domain,
        router,
      })),
    initial: {
      owner: first,
      commitments: {
        owner: commitmentIsm?.owner ?? first,
        urls: commitmentIsm?.urls ?? [COMMITMENTS],
      },
    },
  };
}

type DomainOf = (name: string) => number;

function lookUp(chain: string, domains: Domains): DomainOf {
  const known = new Map(Object.entries(domains));
  // As the official CLI has it, a chain's domain id stands for its name.
  const numbers = new Map([...known.values()].map((domain) => [String(domain), domain]));
  return (name) => {
    const domain = known.get(name) ?? numbers.get(name);
    if (domain !== undefined) return domain;
    throw new ActionError("unknown-domain", {
      what: `The core config of ${chain} names "${name}", whose domain is not known.`,
      why: `There is metadata of ${Object.keys(domains).join(", ")}.`,
      next: "Correct the name, or add the chain's metadata.",
    });
  };
}

/** What a config says of a part, without where that is. */
type Said<Config> = Config extends { type: string } ? Omit<Config, "address"> : never;

function desiredIsm(config: IsmConfig, domainOf: DomainOf): Ism {
  if (typeof config === "string") return { type: "foreign", address: config };
  const { address: at, ...said } = config;
  return { ...ismOf(said, domainOf), ...(at && { at }) };
}

function ismOf(config: Said<IsmConfig>, domainOf: DomainOf): Ism {
  switch (config.type) {
    case "staticAggregationIsm":
    case "storageAggregationIsm":
      return { ...config, modules: config.modules.map((one) => desiredIsm(one, domainOf)) };
    case "domainRoutingIsm":
    case "defaultFallbackRoutingIsm":
    case "incrementalDomainRoutingIsm":
      return {
        type: config.type,
        owner: config.owner,
        routes: byDomain(config.domains, domainOf).map(([domain, ism]) => ({
          domain,
          ism: desiredIsm(ism, domainOf),
        })),
      };
    case "amountRoutingIsm":
      return {
        type: config.type,
        lower: desiredIsm(config.lowerIsm, domainOf),
        upper: desiredIsm(config.upperIsm, domainOf),
        threshold: BigInt(config.threshold),
      };
    case "blacklistIsm":
      return { type: config.type, owner: config.owner, ids: config.blacklistedIds.toSorted() };
    case "pausableIsm":
    case "trustedRelayerIsm":
    case "testIsm":
      return config;
    case "weightedMessageIdMultisigIsm":
    case "weightedMerkleRootMultisigIsm": {
      const { type, thresholdWeight } = config;
      const signers = config.validators.map(({ signingAddress, weight }) => ({
        ...{ address: signingAddress, weight },
      }));
      return { type, thresholdWeight, signers: signersInOrder(signers) };
    }
    default:
      return { ...config, validators: inOrder(config.validators) };
  }
}

function desiredHook(config: HookConfig, domainOf: DomainOf): Hook {
  if (typeof config === "string") return { type: "foreign", address: config };
  if (config.type === "interchainGasPaymaster") return paymaster(config, domainOf);
  const { address: at, ...said } = config;
  return { ...hookOf(said, domainOf), ...(at && { at }) };
}

function hookOf(config: Said<Exclude<HookConfig, PaymasterConfig>>, domainOf: DomainOf): Hook {
  switch (config.type) {
    case "aggregationHook":
      return { ...config, hooks: config.hooks.map((one) => desiredHook(one, domainOf)) };
    case "domainRoutingHook":
      return { type: config.type, owner: ownerOf(config), ways: waysOf(config.domains, domainOf) };
    case "fallbackRoutingHook":
      return {
        ...{ type: config.type, owner: ownerOf(config), ways: waysOf(config.domains, domainOf) },
        fallback: desiredHook(config.fallback, domainOf),
      };
    case "amountRoutingHook":
      return {
        type: config.type,
        lower: desiredHook(config.lowerHook, domainOf),
        upper: desiredHook(config.upperHook, domainOf),
        threshold: BigInt(config.threshold),
      };
    case "protocolFee":
      return {
        type: config.type,
        owner: config.owner,
        beneficiary: config.beneficiary,
        maxProtocolFee: BigInt(config.maxProtocolFee),
        protocolFee: BigInt(config.protocolFee),
      };
    case "pausableHook":
      return { type: config.type, owner: ownerOf(config), paused: config.paused };
    default:
      return config;
  }
}

type OwnedHook = {
  type: string;
  owner: Address;
  ownerOverrides?: Record<string, Address> | undefined;
};

/** Overrides go by the names of contracts, and a hook's is its type. */
function ownerOf({ type, owner, ownerOverrides }: OwnedHook): Address {
  return ownerOverrides?.[type] ?? owner;
}

function waysOf(domains: Record<string, HookConfig>, domainOf: DomainOf) {
  return byDomain(domains, domainOf).map(([domain, hook]) => ({
    domain,
    hook: desiredHook(hook, domainOf),
  }));
}

type PaymasterConfig = Extract<HookConfig, { type: "interchainGasPaymaster" }>;

function paymaster(config: PaymasterConfig, domainOf: DomainOf): GasPaymaster {
  const { type, owner, ownerOverrides, beneficiary, overhead, oracleConfig } = config;
  const remotes = byDomain(oracleConfig, domainOf).map(([domain, data, name]) => ({
    domain,
    overhead: BigInt(overhead[name] ?? 0),
    gasPrice: BigInt(data.gasPrice),
    tokenExchangeRate: BigInt(data.tokenExchangeRate),
  }));
  return {
    type,
    owner: ownerOf(config),
    beneficiary,
    oracleKey: config.oracleKey ?? ownerOverrides?.storageGasOracle ?? owner,
    quoteSigners: inOrder(config.quoteSigners),
    remotes,
    tokens: tokensOf(config, domainOf),
  };
}

function tokensOf({ tokenOracleConfig }: PaymasterConfig, domainOf: DomainOf) {
  const all = Object.entries(tokenOracleConfig) as [Address, (typeof tokenOracleConfig)[Address]][];
  return all.map(([token, prices]) => ({
    token,
    prices: byDomain(prices, domainOf).map(([domain, { gasPrice, tokenExchangeRate }]) => ({
      domain,
      gasPrice: BigInt(gasPrice),
      tokenExchangeRate: BigInt(tokenExchangeRate),
    })),
  }));
}

/**
 * Values by the domains of the chains that are named. Throws `bad-core-config` for one named twice.
 */
function byDomain<Value>(
  values: Record<string, Value>,
  domainOf: DomainOf,
): [domain: number, value: Value, name: string][] {
  const entries = Object.entries(values).map(([name, one]): [number, Value, string] => {
    return [domainOf(name), one, name];
  });
  const [twice] = [...Map.groupBy(entries, ([domain]) => domain)].filter(
    ([, all]) => all.length > 1,
  );
  if (twice)
    throw namedTwice(
      twice[0],
      twice[1].map(([, , name]) => name),
    );
  return entries.toSorted(([a], [b]) => a - b);
}

function namedTwice(domain: number, names: string[]): ActionError {
  return new ActionError("bad-core-config", {
    what: `A core config names ${names.join(" and ")} side by side, which are one chain.`,
    why: `Both have the domain id ${domain}, and what is said of one would replace the other's.`,
    next: "Take one of them out of the config.",
  });
}
