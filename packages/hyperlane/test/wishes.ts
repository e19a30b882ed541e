import type { Address } from "@playbook/evm";
import { getAddress } from "ethers";
import fc from "fast-check";
import type { Desired, GasPaymaster, Hook, Ism } from "../src/model.ts";
import { inOrder } from "../src/static-set.ts";

/** An account that is nobody's, by a number. */
export const account = (number: number): Address =>
  getAddress(`0x${(0xabc000 + number).toString(16).padStart(40, "0")}`) as Address;

export const SIGNER = account(1);
export const SAFE = account(2);

const owner = fc.constantFrom(SIGNER, SAFE);
const amount = fc.bigInt({ min: 1n, max: 1_000_000n });

const multisig: fc.Arbitrary<Ism> = fc
  .record({
    type: fc.constantFrom("messageIdMultisigIsm" as const, "merkleRootMultisigIsm" as const),
    members: fc.uniqueArray(fc.integer({ min: 10, max: 16 }), { minLength: 3, maxLength: 5 }),
    spare: fc.integer({ min: 0, max: 1 }),
  })
  .map(({ type, members, spare }) => ({
    type,
    validators: inOrder(members.map(account)),
    threshold: members.length - spare,
  }));

const pausable: fc.Arbitrary<Ism> = fc.record({
  type: fc.constant("pausableIsm" as const),
  owner,
  paused: fc.boolean(),
});

const aggregation: fc.Arbitrary<Ism> = fc
  .uniqueArray(fc.oneof(multisig, pausable), {
    minLength: 1,
    maxLength: 3,
    selector: (ism) => JSON.stringify(ism),
  })
  .map((modules) => ({ type: "staticAggregationIsm", modules, threshold: modules.length }));

export const routing: fc.Arbitrary<Ism & { type: "domainRoutingIsm" }> = fc.record({
  type: fc.constant("domainRoutingIsm" as const),
  owner,
  routes: fc
    .dictionary(fc.constantFrom("2", "3", "4"), fc.oneof(multisig, aggregation))
    .map((routes) => Object.entries(routes).map(([name, ism]) => ({ domain: Number(name), ism }))),
});

const paymaster: fc.Arbitrary<GasPaymaster> = fc.record({
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
});

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

const hook: fc.Arbitrary<Hook> = fc.oneof(
  fc.constant(tree),
  fee,
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
  defaultIsm: fc.oneof(routing, aggregation, multisig),
  defaultHook: hook,
  requiredHook: fc.oneof(fc.constant(tree), fee),
  interchainAccounts: fc.constant({ owner: SAFE, urls: ["https://reveal.example"] }),
  permit2: fc.constantFrom(account(9), null),
});
