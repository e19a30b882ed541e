import { type Chain, readChains } from "@playbook/evm";
import type { Desired, Hook, Ism } from "../src/index.ts";
import { type Keys, notOverruled, refusalsOf } from "../src/index.ts";
import { inOrder } from "../src/static-set.ts";
import { account, SAFE, UNSAID } from "./wishes.ts";

const validators = inOrder([11, 12, 13].map(account));
const [first, second] = validators as [Keys["relayers"][0], Keys["relayers"][0]];

function multisig(count: number, threshold: number): Ism {
  return { type: "messageIdMultisigIsm", validators: validators.slice(0, count), threshold };
}

function wish(ism: Ism, hook: Hook = { type: "merkleTreeHook" }): Desired {
  const routes = [{ domain: 7, ism }];
  return {
    chain: "here",
    domain: 1,
    owner: SAFE,
    proxyAdminOwner: SAFE,
    timelock: undefined,
    defaultIsm: { type: "domainRoutingIsm", owner: SAFE, routes },
    defaultHook: hook,
    requiredHook: { type: "aggregationHook", hooks: [hook] },
    interchainAccounts: UNSAID,
    permit2: null,
  };
}

function metadata(reorgPeriod: number | string = 5): Chain {
  const entry = {
    name: "here",
    chainId: 1,
    rpcUrls: [{ http: "http://a" }],
    blocks: { reorgPeriod },
  };
  const [chain] = readChains(JSON.stringify(entry), "a");
  return chain as Chain;
}

const nobody: Keys = { validators: [], relayers: [], deployers: [] };

const apart = validators.map((address, at) => ({
  address,
  operator: `operator ${at}`,
  node: `node ${at}`,
  zone: `zone ${at}`,
}));

test("two of three in three places, with a tree and a reorg period: nothing is refused", () => {
  expect(refusalsOf(wish(multisig(3, 2)), metadata(), { ...nobody, validators: apart })).toEqual(
    [],
  );
  expect(refusalsOf(wish(multisig(3, 2)), metadata("finalized"), nobody)).toEqual([]);
});

test.each<[string, string, Desired, Chain, Keys]>([
  ["few-validators", "allow-few-validators", wish(multisig(2, 2)), metadata(), nobody],
  ["low-threshold", "allow-low-threshold", wish(multisig(3, 1)), metadata(), nobody],
  [
    "shared-key",
    "allow-shared-keys",
    wish(multisig(3, 2)),
    metadata(),
    { ...nobody, relayers: [first] },
  ],
  [
    "shared-key",
    "allow-shared-keys",
    wish(multisig(3, 2)),
    metadata(),
    { ...nobody, deployers: [second] },
  ],
  [
    "nothing-signed",
    "allow-no-merkle-tree",
    wish(multisig(3, 2), { type: "pausableHook", owner: SAFE, paused: false }),
    metadata(),
    nobody,
  ],
  ["no-reorg-period", "instant-finality", wish(multisig(3, 2)), metadata(0), nobody],
  [
    "one-operator",
    "allow-one-operator",
    wish(multisig(3, 2)),
    metadata(),
    { ...nobody, validators: apart.slice(0, 2).map((one) => ({ ...one, operator: "acme" })) },
  ],
  [
    "one-place",
    "allow-one-place",
    wish(multisig(3, 2)),
    metadata(),
    { ...nobody, validators: apart.slice(0, 2).map((one) => ({ ...one, node: "node 7" })) },
  ],
  [
    "one-place",
    "allow-one-place",
    wish(multisig(3, 2)),
    metadata(),
    { ...nobody, validators: apart.slice(1).map((one) => ({ ...one, zone: "zone 7" })) },
  ],
])("%s is refused, unless %s lists the chain", (rule, input, desired, chain, keys) => {
  const refusals = refusalsOf(desired, chain, keys);
  expect(refusals).toEqual([{ rule, chain: "here", why: expect.any(String), overruledBy: input }]);
  expect(notOverruled(refusals, { [input]: ["there"] })).toEqual(refusals);
  expect(notOverruled(refusals, { [input]: ["there", "here"] })).toEqual([]);
});

const pausable: Ism = { type: "pausableIsm", owner: SAFE, paused: false };
const trusted: Ism = { type: "trustedRelayerIsm", relayer: SAFE };

const unknown: Ism = { type: "foreign", address: SAFE };

function together(modules: Ism[], threshold = modules.length): Ism {
  return { type: "staticAggregationIsm", modules, threshold };
}

test.each<[string, Ism, boolean]>([
  ["a test module", { type: "testIsm" }, true],
  ["a trusted relayer alone", trusted, true],
  ["a relayer beside validators", together([trusted, multisig(3, 2)]), false],
  ["validators, or nobody", together([pausable, multisig(3, 2)], 1), true],
  [
    "two of three modules, one of them signed",
    together([pausable, trusted, multisig(3, 2)], 2),
    true,
  ],
  [
    "two of three modules, two of them signed",
    together([pausable, multisig(3, 2), multisig(3, 3)], 2),
    false,
  ],
  [
    "small amounts without a signature",
    { type: "amountRoutingIsm", lower: pausable, upper: multisig(3, 2), threshold: 5n },
    true,
  ],
  ["what is not known", { type: "foreign", address: SAFE }, true],
  ["what is not known, or validators", together([unknown, multisig(3, 2)], 1), true],
  ["what is not known beside validators", together([unknown, multisig(3, 2)]), false],
])("whether anything is taken unsigned: %s", (_, ism, isRefused) => {
  const refusals = refusalsOf(wish(ism), metadata(), nobody);
  const why = expect.stringContaining("domain 7");
  const refused = { rule: "unsigned", chain: "here", why, overruledBy: "allow-unsigned" };
  expect(refusals).toEqual(isRefused ? [refused] : []);
});

function weighted(weights: number[], thresholdWeight: number): Ism {
  const signers = validators.map((address, at) => ({ address, weight: weights[at] ?? 0 }));
  return { type: "weightedMessageIdMultisigIsm", signers, thresholdWeight };
}

test.each<[string, Ism, Keys, string[]]>([
  ["two thirds of the weight", weighted([2, 2, 2], 4), nobody, []],
  ["less of it", weighted([4, 4, 4], 7), nobody, ["low-threshold"]],
  ["two who weigh anything", weighted([5, 5, 0], 10), nobody, ["few-validators"]],
  ["one who suffices", weighted([8, 1, 1], 7), nobody, ["few-validators"]],
  [
    "an operator who has the weight with two keys",
    weighted([3, 3, 3], 6),
    { ...nobody, validators: apart.slice(0, 2).map((one) => ({ ...one, operator: "acme" })) },
    ["one-operator"],
  ],
  [
    "an operator who has two keys of little weight",
    weighted([5, 1, 3], 7),
    { ...nobody, validators: apart.slice(1).map((one) => ({ ...one, operator: "acme" })) },
    [],
  ],
])("signatures count by their weight: %s", (_, ism, keys, rules) => {
  const refusals = refusalsOf(wish(ism), metadata(), keys);
  expect(refusals.map(({ rule }) => rule)).toEqual(rules);
});

test.each<[number | string, boolean]>([
  ["safe", false],
  ["finalized", false],
  ["12", false],
  [1, false],
  ["0", true],
  ["latest", true],
  ["pending", true],
  ["earliest", true],
  ["soon", true],
])("whether a reorgPeriod of %s is refused", (reorgPeriod, isRefused) => {
  const refusals = refusalsOf(wish(multisig(3, 2)), metadata(reorgPeriod), nobody);
  expect(refusals.map(({ rule }) => rule)).toEqual(isRefused ? ["no-reorg-period"] : []);
});

test("a module that stands in the place of all is judged as a whole, if it is not known", () => {
  const { defaultIsm, ...rest } = wish(multisig(3, 2));
  expect(refusalsOf({ ...rest, defaultIsm: unknown }, metadata(), nobody)).toMatchObject([
    { rule: "unsigned", why: expect.stringContaining("everywhere is judged by") },
  ]);
});

test("one validator that is listed twice is in one place, and one operator's name is one", () => {
  const twice = [...apart, { ...apart[0], zone: "zone 0" }] as Keys["validators"];
  expect(refusalsOf(wish(multisig(3, 3)), metadata(), { ...nobody, validators: twice })).toEqual(
    [],
  );

  const names = ["acme", "Acme", "bolt"];
  const validators = apart.map((one, at) => ({ ...one, operator: names[at] ?? "" }));
  const refusals = refusalsOf(wish(multisig(3, 2)), metadata(), { ...nobody, validators });
  expect(refusals.map(({ rule }) => rule)).toEqual(["one-operator"]);
});

test.each<[string, Hook, boolean]>([
  ["all ways, and one not known", { type: "foreign", address: SAFE }, true],
  ["all ways", { type: "merkleTreeHook" }, false],
  ["one way", { type: "pausableHook", owner: SAFE, paused: false }, true],
])("a tree has to be on %s of a routing hook", (_, elsewhere, isRefused) => {
  const ways = [{ domain: 7, hook: { type: "merkleTreeHook" } as Hook }];
  const hook: Hook = { type: "fallbackRoutingHook", owner: SAFE, ways, fallback: elsewhere };
  const rules = refusalsOf(wish(multisig(3, 2), hook), metadata(), nobody).map(({ rule }) => rule);
  expect(rules).toEqual(isRefused ? ["nothing-signed"] : []);
});

test("the modules of an aggregation are judged one by one, by their origin", () => {
  const modules = [multisig(3, 2), multisig(2, 1)];
  const ism: Ism = { type: "staticAggregationIsm", modules, threshold: 1 };
  const refusals = refusalsOf(wish(ism), metadata(), nobody);
  expect(refusals.map(({ rule, why }) => `${rule}: ${why}`)).toEqual([
    "few-validators: messageIdMultisigIsm of origin 7 has 2 validators; 3 are wanted.",
    "low-threshold: messageIdMultisigIsm of origin 7 wants 1 of 2; two thirds are wanted.",
  ]);
});
