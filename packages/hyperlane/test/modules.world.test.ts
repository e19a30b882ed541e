import { type Chain, startWorld, type World } from "@playbook/world";
import { parse } from "yaml";
import { desiredOn, readCoreConfig } from "../src/index.ts";
import { Cli } from "./cli.ts";
import { domains, multisig, validators } from "./core-config.ts";
import { apply, planned, type Site, signerOf, siteOn, wished } from "./site.ts";
import { account, SAFE } from "./wishes.ts";

let world: World<readonly [{ readonly id: 5 }, { readonly id: 10012 }]>;
let ours: Site;
let theirs: Site;

beforeAll(async () => {
  world = await startWorld({ chains: [{ id: 5 }, { id: 10012 }] });
  ours = await siteOn(world.chains[0] as Chain);
  theirs = await siteOn(world.chains[1] as Chain);
});
afterAll(() => world[Symbol.asyncDispose]());

const NOTHING = { steps: [], proposals: [], changes: [] };

const word = (address: string) => `0x${address.slice(2).toLowerCase().padStart(64, "0")}`;

/** A message's id, by a number. */
const message = (number: number) => `0x${number.toString(16).padStart(64, "0")}`;

/** The kinds of modules that `core read` can tell. */
function modules(owner: string, from: string, { threshold, messages }: Changing) {
  const inner = { [from]: multisig(threshold) };
  const upper = [
    multisig(),
    { type: "trustedRelayerIsm", relayer: account(8) },
    { type: "blacklistIsm", owner, blacklistedIds: messages.map(message) },
    { type: "testIsm" },
  ];
  return {
    type: "defaultFallbackRoutingIsm",
    owner,
    domains: {
      [from]: {
        type: "amountRoutingIsm",
        lowerIsm: { type: "incrementalDomainRoutingIsm", owner, domains: inner },
        upperIsm: { type: "staticAggregationIsm", modules: upper, threshold: 4 },
        threshold: 1000,
      },
    },
  };
}

/** And those that it takes for others, or for none. */
function others() {
  const weighed = validators.map(({ address }) => ({ signingAddress: address, weight: 1 }));
  const set = { validators: weighed, thresholdWeight: 2 };
  const all = [
    { ...multisig(), type: "storageMessageIdMultisigIsm" },
    { ...multisig(), type: "storageMerkleRootMultisigIsm" },
    { ...set, type: "weightedMessageIdMultisigIsm" },
    { ...set, type: "weightedMerkleRootMultisigIsm" },
  ];
  return { type: "storageAggregationIsm", modules: all, threshold: 4 };
}

function fallbackHook(owner: string, destinations: string[]) {
  const fee = { owner, beneficiary: owner, maxProtocolFee: "9", protocolFee: "1" };
  const way = {
    type: "amountRoutingHook",
    lowerHook: { type: "pausableHook", owner, paused: false },
    upperHook: { type: "protocolFee", ...fee },
    threshold: 1000,
  };
  return {
    type: "fallbackRoutingHook",
    owner,
    domains: Object.fromEntries(destinations.map((name) => [name, way])),
    fallback: { type: "merkleTreeHook" },
  };
}

type Changing = { threshold: number; messages: number[] };

type Over = Partial<Changing> & { ways?: string[] };

function config(site: Site, other: string, over: Over = {}) {
  const { threshold = 2, messages = [7], ways = [other] } = over;
  const owner = signerOf(site);
  return {
    owner,
    defaultIsm: modules(owner, other, { threshold, messages }),
    defaultHook: fallbackHook(owner, ways),
    requiredHook: {
      type: "domainRoutingHook",
      owner,
      domains: { [other]: { type: "defaultHook" } },
    },
    proxyAdmin: { owner },
  };
}

test("the official CLI finds no difference in any kind of module or hook that it can read", async () => {
  const interchainAccountRouter = { remoteRouters: { chain10012: { address: account(4) } } };
  const wish = { ...config(ours, "chain10012"), interchainAccountRouter };
  await apply(ours, await planned(ours, wished(ours, wish, domains)));
  expect(await planned(ours, wished(ours, wish, domains))).toMatchObject(NOTHING);

  await using cli = await Cli.over(world.dir, [ours, theirs]);
  const said = await cli.read("chain5");
  const router = parse(said).interchainAccountRouter;
  expect(router.remoteRouters).toEqual({ 10012: { address: word(account(4)) } });
  const whole = { ...wish, interchainAccountRouter: router };
  expect(await cli.check("chain5", whole)).toMatchObject({ code: 0 });
  const read = readCoreConfig(said, "core read");
  expect(await planned(ours, desiredOn("chain5", read, domains))).toMatchObject(NOTHING);
}, 180_000);

test("each kind is changed where it can be, and made anew where it cannot", async () => {
  const interchainAccountRouter = {
    owner: SAFE,
    commitmentIsm: { owner: SAFE, urls: ["https://reveal.example"] },
    remoteRouters: { chain777: { address: account(5) } },
  };
  const over = { threshold: 3, messages: [7, 9], ways: ["chain777"] };
  const wish = { ...config(ours, "chain10012", over), interchainAccountRouter };
  const plan = await planned(ours, wished(ours, wish, domains));
  expect(plan.steps.map(({ label }) => label.replace(/\(.*/, "")).toSorted()).toEqual([
    "BlacklistIsm.blacklist",
    "CommitmentReadIsm.setUrls",
    "CommitmentReadIsm.transferOwnership",
    "DomainRoutingHook.setHooks",
    "DomainRoutingIsm.setIsms",
    "InterchainAccountRouter.enrollRemoteRouters",
    "InterchainAccountRouter.transferOwnership",
    "InterchainAccountRouter.unenrollRemoteRouters",
    "StaticMessageIdMultisigIsmFactory.deploy",
    "new AmountRoutingHook",
    "new AmountRoutingIsm",
    "new AtomicInitIncrementalDomainRoutingIsm",
    "new PausableHook",
    "new ProtocolFee",
  ]);
  await apply(ours, plan);
  expect(await planned(ours, wished(ours, wish, domains))).toMatchObject(NOTHING);

  const remoteRouters = {};
  const next = { ...wish, interchainAccountRouter: { ...interchainAccountRouter, remoteRouters } };
  const { steps, proposals } = await planned(ours, wished(ours, next, domains));
  expect(steps).toEqual([]);
  expect(proposals).toMatchObject([
    { by: SAFE, label: "InterchainAccountRouter.unenrollRemoteRouters([777])" },
  ]);
});

test("a message that is taken from a blacklist leaves a list without it behind", async () => {
  const over = { threshold: 3, ways: ["chain777"] };
  const plan = await planned(ours, wished(ours, config(ours, "chain10012", over), domains));

  expect(plan.steps.map(({ label }) => label.replace(/\(.*/, ""))).toEqual([
    "new BlacklistIsm",
    "BlacklistIsm.blacklist",
    "StaticAggregationIsmFactory.deploy",
    "new AmountRoutingIsm",
    "DomainRoutingIsm.setIsms",
  ]);
});

test.each(["domainRoutingIsm", "defaultFallbackRoutingIsm", "incrementalDomainRoutingIsm"])(
  "a %s of many chains is made whole, and belongs to its owner then",
  async (type) => {
    const many = Array.from({ length: 60 }, (_, at) => `c${at}`);
    const all = {
      ...domains,
      ...Object.fromEntries(many.map((name, at) => [name, 1_000_000 + at])),
    };
    const routes = Object.fromEntries(many.map((name) => [name, multisig()]));
    const defaultIsm = { type, owner: SAFE, domains: routes };
    const whole = { ...config(ours, "chain10012", { ways: ["chain777"] }), defaultIsm };
    const wish = wished(ours, whole, all);

    await apply(ours, await planned(ours, wish));
    expect(await planned(ours, wish)).toMatchObject(NOTHING);
  },
);

test("what the official CLI deploys of each kind is adopted as it is", async () => {
  const wish = config(theirs, "chain5");
  const { defaultIsm } = wish;
  const both = [defaultIsm.domains.chain5, others()];
  const judge = { type: "staticAggregationIsm", modules: both, threshold: 2 };
  const whole = { ...wish, defaultIsm: { ...defaultIsm, domains: { chain5: judge } } };
  await using cli = await Cli.over(world.dir, [ours, theirs]);
  const deployed = await cli.deploy("chain10012", whole, theirs.signer.privateKey);
  expect(deployed).toMatchObject({ code: 0 });
  theirs.addresses = await cli.addresses("chain10012");
  expect(await planned(theirs, wished(theirs, whole, domains))).toMatchObject(NOTHING);
}, 180_000);
