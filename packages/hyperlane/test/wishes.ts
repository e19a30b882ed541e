import type { Address, Hex } from "@playbook/evm";
import { getAddress, zeroPadValue } from "ethers";
import fc from "fast-check";
import type { Desired, DesiredAccounts, GasPaymaster, Hook, Ism } from "../src/model.ts";
import { inOrder, signersInOrder } from "../src/static-set.ts";

/** An account that is nobody's, by a number. */
export const account = (number: number): Address =>
  getAddress(`0x${(0xabc000 + number).toString(16).padStart(40, "0")}`) as Address;

export const SIGNER = account(1);
export const SAFE = account(2);

const owner = fc.constantFrom(SIGNER, SAFE);
const amount = fc.bigInt({ min: 1n, max: 1_000_000n });

const multisig: fc.Arbitrary<Ism> = fc
  .record({
    type: fc.constantFrom(
      "messageIdMultisigIsm" as const,
      "merkleRootMultisigIsm" as const,
      "storageMessageIdMultisigIsm" as const,
    ),
    members: fc.uniqueArray(fc.integer({ min: 10, max: 16 }), { minLength: 3, maxLength: 5 }),
    spare: fc.integer({ min: 0, max: 1 }),
  })
  .map(({ type, members, spare }) => ({
    type,
    validators: inOrder(members.map(account)),
    threshold: members.length - spare,
  }));

const weighted: fc.Arbitrary<Ism> = fc
  .record({
    type: fc.constantFrom(
      "weightedMessageIdMultisigIsm" as const,
      "weightedMerkleRootMultisigIsm" as const,
    ),
    members: fc.uniqueArray(fc.integer({ min: 10, max: 16 }), { minLength: 3, maxLength: 5 }),
    heaviest: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ type, members, heaviest }) => ({
    type,
    signers: signersInOrder(
      members.map((one, at) => ({ address: account(one), weight: at === 0 ? heaviest : 1 })),
    ),
    thresholdWeight: heaviest + 1,
  }));

const unsigned: fc.Arbitrary<Ism> = fc.oneof(
  fc.constant<Ism>({ type: "testIsm" }),
  fc.constantFrom(5, 6).map((one): Ism => ({ type: "trustedRelayerIsm", relayer: account(one) })),
);

const pausable: fc.Arbitrary<Ism> = fc.record({
  type: fc.constant("pausableIsm" as const),
  owner,
  paused: fc.boolean(),
});

const MESSAGES = [1, 2, 3].map((one) => zeroPadValue(account(one), 32) as Hex);

const blacklist: fc.Arbitrary<Ism> = fc.record({
  type: fc.constant("blacklistIsm" as const),
  owner,
  ids: fc.subarray(MESSAGES),
});

const signed = fc.oneof(multisig, weighted);

const aggregation: fc.Arbitrary<Ism> = fc
  .record({
    type: fc.constantFrom("staticAggregationIsm" as const, "storageAggregationIsm" as const),
    modules: fc.uniqueArray(fc.oneof(multisig, weighted, pausable, blacklist, unsigned), {
      minLength: 1,
      maxLength: 3,
      selector: (ism) => JSON.stringify(ism),
    }),
  })
  .map(({ type, modules }) => ({ type, modules, threshold: modules.length }));

const amounts: fc.Arbitrary<Ism> = fc.record({
  type: fc.constant("amountRoutingIsm" as const),
  lower: fc.oneof(signed, pausable),
  upper: fc.oneof(aggregation, signed),
  threshold: amount,
});

/** Routing modules of the kinds that are not the usual root. */
const otherRouting: fc.Arbitrary<Ism> = fc.record({
  type: fc.constantFrom(
    "defaultFallbackRoutingIsm" as const,
    "incrementalDomainRoutingIsm" as const,
  ),
  owner,
  routes: routesTo(fc.oneof(multisig, amounts, aggregation)),
});

function routesTo(ism: fc.Arbitrary<Ism>) {
  return fc
    .dictionary(fc.constantFrom("2", "3", "4"), ism)
    .map((routes) =>
      Object.entries(routes).map(([name, one]) => ({ domain: Number(name), ism: one })),
    );
}

export const routing: fc.Arbitrary<Ism & { type: "domainRoutingIsm" }> = fc.record({
  type: fc.constant("domainRoutingIsm" as const),
  owner,
  routes: routesTo(fc.oneof(multisig, weighted, aggregation, amounts)),
});

/**
 * What gas for destinations that have a price costs in tokens, of which some have none any more.
 */
const tokensFor = (remotes: GasPaymaster["remotes"]) =>
  fc.subarray([7, 8]).chain((tokens) =>
    fc.tuple(
      ...tokens.map((one) =>
        fc
          .subarray(remotes.map(({ domain }) => domain))
          .chain((domains) => fc.tuple(...domains.map(tokenPrice)))
          .map((prices) => ({ token: account(one), prices })),
      ),
    ),
  );

const tokenPrice = (domain: number) =>
  fc.record({ domain: fc.constant(domain), gasPrice: amount, tokenExchangeRate: amount });

const nativePaymaster: fc.Arbitrary<GasPaymaster> = fc.record({
  type: fc.constant("interchainGasPaymaster" as const),
  owner,
  beneficiary: fc.constantFrom(account(5), account(6)),
  oracleKey: owner,
  quoteSigners: fc.subarray([account(7), account(8)]),
  remotes: fc
    .dictionary(
      fc.constantFrom("2", "3", "4"),
      fc.record({ overhead: amount, gasPrice: amount, tokenExchangeRate: amount }),
    )
    .map((all) => Object.entries(all).map(([name, one]) => ({ domain: Number(name), ...one }))),
  tokens: fc.constant([]),
});

const paymaster: fc.Arbitrary<GasPaymaster> = nativePaymaster.chain((wish) =>
  tokensFor(wish.remotes).map((tokens) => ({ ...wish, tokens })),
);

const fee: fc.Arbitrary<Hook> = fc.record({
  type: fc.constant("protocolFee" as const),
  owner,
  beneficiary: fc.constantFrom(account(5), account(6)),
  maxProtocolFee: fc.constantFrom(1_000_000n, 2_000_000n),
  protocolFee: amount,
});

const pausableHook: fc.Arbitrary<Hook> = fc.record({
  type: fc.constant("pausableHook" as const),
  owner,
  paused: fc.boolean(),
});

const tree: Hook = { type: "merkleTreeHook" };

const leaf = fc.oneof(fc.constant(tree), fee, pausableHook);

const ways = fc
  .dictionary(fc.constantFrom("2", "3", "4"), leaf)
  .map((all) => Object.entries(all).map(([name, one]) => ({ domain: Number(name), hook: one })));

const routingHook: fc.Arbitrary<Hook> = fc.oneof(
  fc.record({ type: fc.constant("domainRoutingHook" as const), owner, ways }),
  fc.record({ type: fc.constant("fallbackRoutingHook" as const), owner, ways, fallback: leaf }),
  fc.record({
    type: fc.constant("amountRoutingHook" as const),
    lower: leaf,
    upper: leaf,
    threshold: amount,
  }),
);

const remotes = fc.dictionary(fc.constantFrom("2", "3"), fc.constantFrom(7, 8)).map((all) =>
  Object.entries(all).map(([name, number]) => ({
    domain: Number(name),
    router: zeroPadValue(account(number), 32).toLowerCase() as Hex,
  })),
);

/** A router of interchain accounts of which nothing is said. */
export const UNSAID: DesiredAccounts = {
  isMinimal: undefined,
  approvals: [],
  owner: undefined,
  commitments: { owner: undefined, urls: undefined },
  remotes: undefined,
  initial: { owner: SAFE, commitments: { owner: SAFE, urls: [] } },
};

const URLS = ["https://reveal.example"];

const accounts: fc.Arbitrary<DesiredAccounts> = fc
  .record({
    owner: fc.option(owner, { nil: undefined }),
    reader: fc.option(owner, { nil: undefined }),
    urls: fc.constantFrom(undefined, URLS, ["https://other.example"]),
    remotes: fc.option(remotes, { nil: undefined }),
    isMinimal: fc.constantFrom(undefined, false, true),
    approvals: fc.subarray([7, 8].map((one) => ({ token: account(one), hook: account(9) }))),
  })
  .map(({ owner: said, reader, urls, remotes: all, isMinimal, approvals }) => {
    const first = said ?? SAFE;
    const commitments = { owner: reader ?? first, urls: urls ?? URLS };
    return {
      ...{ isMinimal, approvals },
      ...{ owner: said, commitments: { owner: reader, urls }, remotes: all },
      initial: { owner: first, commitments },
    };
  });

const hook: fc.Arbitrary<Hook> = fc.oneof(
  fc.constant(tree),
  fee,
  routingHook,
  fc
    .record({ igp: paymaster, more: fc.option(fc.oneof(fee, pausableHook)) })
    .map(({ igp, more }): Hook => {
      const hooks = [tree, igp, ...(more ? [more] : [])];
      return { type: "aggregationHook", hooks };
    }),
);

/** Whatever a chain might be wished to have. */
export const desired: fc.Arbitrary<Desired> = fc.record({
  chain: fc.constant("here"),
  domain: fc.constant(1),
  owner,
  proxyAdminOwner: fc.option(owner, { nil: undefined }),
  timelock: fc.option(
    fc.record({ delay: fc.nat(9), proposer: owner, executor: fc.constant(SAFE) }),
    { nil: undefined },
  ),
  defaultIsm: fc.oneof(routing, otherRouting, aggregation, multisig, amounts),
  defaultHook: hook,
  requiredHook: fc.oneof(
    fc.constant(tree),
    fee,
    routingHook,
    fc.constant<Hook>({ type: "defaultHook" }),
  ),
  interchainAccounts: accounts,
  permit2: fc.constantFrom(account(9), null),
});
