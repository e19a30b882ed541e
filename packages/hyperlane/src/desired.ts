import { ActionError } from "@playbook/action";
import type { Address } from "@playbook/evm";
import type { CoreConfig, HookConfig, IsmConfig } from "./config.ts";
import type { Desired, GasPaymaster, Hook, Ism } from "./model.ts";
import { inOrder } from "./static-set.ts";

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
    proxyAdminOwner: config.proxyAdmin?.owner,
    defaultIsm: desiredIsm(config.defaultIsm, domainOf),
    defaultHook: desiredHook(config.defaultHook, domainOf),
    requiredHook: desiredHook(config.requiredHook, domainOf),
    interchainAccounts: {
      owner: interchainAccountRouter?.owner ?? owner,
      urls: interchainAccountRouter?.commitmentIsm?.urls ?? [COMMITMENTS],
    },
    permit2: deployQuotedCalls ? (permit2 ?? PERMIT2) : null,
  };
}

type DomainOf = (name: string) => number;

function lookUp(chain: string, domains: Domains): DomainOf {
  return (name) => {
    const domain = domains[name];
    if (domain !== undefined) return domain;
    throw new ActionError("unknown-domain", {
      what: `The core config of ${chain} names "${name}", whose domain is not known.`,
      why: `There is metadata of ${Object.keys(domains).join(", ")}.`,
      next: "Correct the name, or add the chain's metadata.",
    });
  };
}

function desiredIsm(config: IsmConfig, domainOf: DomainOf): Ism {
  if (typeof config === "string") return { type: "foreign", address: config };
  switch (config.type) {
    case "staticAggregationIsm":
      return { ...config, modules: config.modules.map((one) => desiredIsm(one, domainOf)) };
    case "domainRoutingIsm":
      return {
        type: config.type,
        owner: config.owner,
        routes: byDomain(config.domains, domainOf).map(([domain, ism]) => ({
          domain,
          ism: desiredIsm(ism, domainOf),
        })),
      };
    case "pausableIsm":
      return config;
    default:
      return { ...config, validators: inOrder(config.validators) };
  }
}

function desiredHook(config: HookConfig, domainOf: DomainOf): Hook {
  if (typeof config === "string") return { type: "foreign", address: config };
  switch (config.type) {
    case "aggregationHook":
      return { ...config, hooks: config.hooks.map((one) => desiredHook(one, domainOf)) };
    case "interchainGasPaymaster":
      return paymaster(config, domainOf);
    case "protocolFee":
      return {
        type: config.type,
        owner: config.owner,
        beneficiary: config.beneficiary,
        maxProtocolFee: BigInt(config.maxProtocolFee),
        protocolFee: BigInt(config.protocolFee),
      };
    case "pausableHook":
      return { type: config.type, owner: config.owner, paused: config.paused };
    default:
      return config;
  }
}

type PaymasterConfig = Extract<HookConfig, { type: "interchainGasPaymaster" }>;

function paymaster(config: PaymasterConfig, domainOf: DomainOf): GasPaymaster {
  const { type, owner, beneficiary, oracleKey = owner, overhead, oracleConfig } = config;
  const remotes = Object.entries(oracleConfig).map(([name, data]) => ({
    domain: domainOf(name),
    overhead: BigInt(overhead[name] ?? 0),
    gasPrice: BigInt(data.gasPrice),
    tokenExchangeRate: BigInt(data.tokenExchangeRate),
  }));
  return {
    type,
    owner,
    beneficiary,
    oracleKey,
    quoteSigners: inOrder(config.quoteSigners),
    remotes: remotes.toSorted((a, b) => a.domain - b.domain),
  };
}

function byDomain<Value>(values: Record<string, Value>, domainOf: DomainOf): [number, Value][] {
  const entries = Object.entries(values).map(([name, one]): [number, Value] => [
    domainOf(name),
    one,
  ]);
  return entries.toSorted(([a], [b]) => a - b);
}
