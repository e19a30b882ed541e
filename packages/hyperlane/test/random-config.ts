import type { Address } from "@playbook/evm";
import { zeroPadValue } from "ethers";
import fc from "fast-check";
import { validators } from "./core-config.ts";
import { account, SAFE } from "./wishes.ts";

/** Modules and hooks are owned by the signer of a site, which is known later, or by a Safe. */
type Owned = (own: Address) => object;

const owner = fc.constantFrom<(own: Address) => Address>(
  (own) => own,
  () => SAFE,
);

const fixed = (value: object): Owned => {
  return () => value;
};

const multisig: fc.Arbitrary<Owned> = fc
  .record({
    type: fc.constantFrom("messageIdMultisigIsm", "merkleRootMultisigIsm"),
    members: fc.subarray(validators, { minLength: 2 }),
    spare: fc.nat(1),
  })
  .map(({ type, members, spare }) => {
    const addresses = members.map(({ address }) => address);
    return fixed({ type, validators: addresses, threshold: members.length - spare });
  });

const pausable = (type: string): fc.Arbitrary<Owned> =>
  fc.record({ by: owner, paused: fc.boolean() }).map(({ by, paused }) => (own: Address) => ({
    type,
    owner: by(own),
    paused,
  }));

const moduleLeaf: fc.Arbitrary<Owned> = fc.oneof(
  multisig,
  pausable("pausableIsm"),
  fc.constant(fixed({ type: "trustedRelayerIsm", relayer: account(8) })),
  fc.constant(fixed({ type: "testIsm" })),
);

const blacklist: fc.Arbitrary<Owned> = fc
  .record({ by: owner, ids: fc.subarray([1, 2].map((one) => zeroPadValue(account(one), 32))) })
  .map(({ by, ids }) => (own: Address) => {
    return { type: "blacklistIsm", owner: by(own), blacklistedIds: ids };
  });

const aggregation: fc.Arbitrary<Owned> = fc
  .record({ modules: fc.array(fc.oneof(moduleLeaf, blacklist), { minLength: 1, maxLength: 3 }) })
  .map(({ modules }) => (own: Address) => {
    const type = "staticAggregationIsm";
    return { type, modules: modules.map((one) => one(own)), threshold: modules.length };
  });

const amounts: fc.Arbitrary<Owned> = fc
  .record({ lower: moduleLeaf, upper: fc.oneof(multisig, aggregation), threshold: fc.nat(9999) })
  .map(({ lower, upper, threshold }) => (own: Address) => {
    const parts = { lowerIsm: lower(own), upperIsm: upper(own) };
    return { type: "amountRoutingIsm", ...parts, threshold };
  });

const root = (from: string): fc.Arbitrary<Owned> =>
  fc
    .record({
      type: fc.constantFrom(
        "domainRoutingIsm",
        "defaultFallbackRoutingIsm",
        "incrementalDomainRoutingIsm",
      ),
      by: owner,
      route: fc.option(fc.oneof(multisig, aggregation, amounts)),
    })
    .map(({ type, by, route }) => (own: Address) => {
      const routes = route ? { [from]: route(own) } : {};
      return { type, owner: by(own), domains: routes };
    });

const fee: fc.Arbitrary<Owned> = fc
  .record({ by: owner, protocolFee: fc.nat(9).map(String) })
  .map(({ by, protocolFee }) => (own: Address) => {
    const amount = { maxProtocolFee: "9", protocolFee };
    return { type: "protocolFee", owner: by(own), beneficiary: SAFE, ...amount };
  });

const tree = fixed({ type: "merkleTreeHook" });

const hookLeaf = fc.oneof(fc.constant(tree), fee, pausable("pausableHook"));

/** The same wherever it is: a chain has one. */
const paymaster = (to: string): Owned => {
  return (own) => ({
    ...{ type: "interchainGasPaymaster", owner: own, beneficiary: SAFE, oracleKey: own },
    overhead: { [to]: 150_000 },
    oracleConfig: { [to]: { gasPrice: "7", tokenExchangeRate: "10000000000", tokenDecimals: 18 } },
  });
};

const hookAmounts: fc.Arbitrary<Owned> = fc
  .record({ lower: hookLeaf, upper: hookLeaf, threshold: fc.nat(9999) })
  .map(({ lower, upper, threshold }) => (own: Address) => {
    const parts = { lowerHook: lower(own), upperHook: upper(own) };
    return { type: "amountRoutingHook", ...parts, threshold };
  });

const hookAggregation = (to: string): fc.Arbitrary<Owned> =>
  fc
    .record({
      hooks: fc.array(fc.oneof(fee, pausable("pausableHook")), { maxLength: 2 }),
      more: fc.subarray([paymaster(to)]),
    })
    .map(({ hooks, more }) => (own: Address) => {
      return { type: "aggregationHook", hooks: [tree, ...more, ...hooks].map((one) => one(own)) };
    });

const hookRouting = (to: string): fc.Arbitrary<Owned> =>
  fc
    .record({
      type: fc.constantFrom("domainRoutingHook", "fallbackRoutingHook"),
      by: owner,
      way: fc.option(fc.oneof(hookLeaf, hookAmounts, hookAggregation(to))),
      fallback: hookLeaf,
    })
    .map(({ type, by, way, fallback }) => (own: Address) => {
      const elsewhere = type === "fallbackRoutingHook" ? { fallback: fallback(own) } : {};
      return { type, owner: by(own), domains: way ? { [to]: way(own) } : {}, ...elsewhere };
    });

/** A core config of the kinds that `core read` can tell, for a chain that knows one other. */
export function coreConfig(other: string): fc.Arbitrary<Owned> {
  const hook = fc.oneof(
    fc.constant(paymaster(other)),
    hookLeaf,
    hookAggregation(other),
    hookAmounts,
    hookRouting(other),
  );
  return fc
    .record({
      ism: fc.oneof(root(other), root(other), aggregation, amounts, multisig),
      defaultHook: hook,
      requiredHook: fc.oneof(hook, fc.constant(fixed({ type: "defaultHook" }))),
    })
    .map(({ ism, defaultHook, requiredHook }) => (own: Address) => ({
      owner: own,
      defaultIsm: ism(own),
      defaultHook: defaultHook(own),
      requiredHook: requiredHook(own),
      proxyAdmin: { owner: own },
    }));
}

/**
 * Whether the official CLI can deploy a config's hooks. Of two of a type it makes the first, and
 * tells it twice what it shall be; and it ends at a tree that an amount leads to.
 */
export function isWithinTheCli(config: object): boolean {
  const { defaultHook, requiredHook } = config as Record<string, object>;
  const all = [defaultHook, requiredHook].flatMap((one) => hooksIn(one as Part));
  const amounts = all.filter(({ type }) => type === "amountRoutingHook");
  const led = amounts.flatMap(hooksIn);
  if (led.some(({ type }) => type === "merkleTreeHook")) return false;
  const once = all.filter(({ type }) => !["aggregationHook", "merkleTreeHook"].includes(type));
  return new Set(once.map(({ type }) => type)).size === once.length;
}

type Part = { type: string; [field: string]: unknown };

function hooksIn(part: Part): Part[] {
  const { hooks = [], domains = {}, lowerHook, upperHook, fallback } = part;
  const inner = [hooks as Part[], Object.values(domains as Record<string, Part>)].flat();
  const others = [lowerHook, upperHook, fallback].filter((one) => one !== undefined) as Part[];
  return [part, ...[...inner, ...others].flatMap(hooksIn)];
}
