import { stringify } from "yaml";
import { NOBODY } from "../src/contract.ts";
import { desiredOn, idleOverrides, readCoreConfig } from "../src/index.ts";
import { account, SAFE } from "./wishes.ts";

const validators = [account(13), account(11), account(12)];

const multisig = { type: "messageIdMultisigIsm", validators, threshold: 2 };

const weighted = {
  type: "weightedMessageIdMultisigIsm",
  validators: validators.map((signingAddress) => ({ signingAddress, weight: 1 })),
  thresholdWeight: 2,
};

const price = { gasPrice: "3", tokenExchangeRate: "4" };

const tooDear = { ...price, gasPrice: `${2n ** 128n}` };

const crowd = Array.from({ length: 256 }, (_, at) => account(at + 1));

const fee = (over: object) => {
  const amounts = { maxProtocolFee: "9", protocolFee: "1" };
  return { type: "protocolFee", owner: SAFE, beneficiary: SAFE, ...amounts, ...over };
};

const blacklist = {
  type: "blacklistIsm",
  owner: SAFE,
  blacklistedIds: [`0x${"0B".repeat(32)}`, `0x${"0a".repeat(32)}`],
};

/** A blacklist beside signatures, of which so many are needed. */
const listed = (threshold: number, one: object = blacklist) => {
  return { type: "staticAggregationIsm", modules: [multisig, one], threshold };
};

const config = {
  owner: SAFE,
  defaultIsm: { type: "domainRoutingIsm", owner: SAFE, domains: { there: multisig } },
  defaultHook: {
    type: "interchainGasPaymaster",
    owner: SAFE,
    beneficiary: SAFE,
    oracleKey: account(3),
    overhead: { there: 150_000 },
    oracleConfig: {
      there: { gasPrice: "100", tokenExchangeRate: "15000000000", tokenDecimals: 18 },
    },
  },
  requiredHook: { type: "merkleTreeHook" },
};

const domains = { here: 1, there: 2 };

const read = (over: object = {}) => readCoreConfig(stringify({ ...config, ...over }), "core.yaml");

function why(over: object): string {
  try {
    read(over);
    return "read";
  } catch (error) {
    expect(error).toMatchObject({ code: "bad-core-config" });
    return (error as { why: string }).why;
  }
}

test("names of chains become their domains, and validators their one order", () => {
  const desired = desiredOn("here", read(), domains);
  expect(desired).toMatchObject({ chain: "here", domain: 1, owner: SAFE });
  expect(desired.defaultIsm).toEqual({
    type: "domainRoutingIsm",
    owner: SAFE,
    routes: [
      { domain: 2, ism: { ...multisig, validators: [account(11), account(12), account(13)] } },
    ],
  });
  expect(desired.defaultHook).toMatchObject({
    oracleKey: account(3),
    remotes: [
      { domain: 2, overhead: 150_000n, gasPrice: 100n, tokenExchangeRate: 15_000_000_000n },
    ],
  });
});

test("a domain id names its chain as the chain's name does, where there is one", () => {
  const renamed = (name: string) =>
    readCoreConfig(stringify(config).replaceAll("there:", `${name}:`), "core.yaml");

  const desired = desiredOn("here", renamed("2"), domains);
  expect(desired).toEqual(desiredOn("here", read(), domains));
  expect(() => desiredOn("here", renamed("3"), domains)).toThrow(
    expect.objectContaining({ code: "unknown-domain", what: expect.stringContaining('"3"') }),
  );
  const twice = { there: multisig, 2: multisig };
  const both = read({ defaultIsm: { ...config.defaultIsm, domains: twice } });
  expect(() => desiredOn("here", both, domains)).toThrow(
    expect.objectContaining({
      code: "bad-core-config",
      what: expect.stringContaining("2 and there"),
    }),
  );
});

test("addresses without quotes are addresses all the same, where YAML would make numbers of them", () => {
  const text = stringify(config);
  const bare = text.replaceAll(/"(0x[0-9a-fA-F]{40})"/g, "$1");

  expect(bare).not.toBe(text);
  expect(readCoreConfig(bare, "core.yaml")).toEqual(read());
});

test("what is written once, and named by its anchor for many chains, is had by all of them", () => {
  const names = Array.from({ length: 150 }, (_, at) => `chain${at}`);
  const hook = { type: "pausableHook", owner: SAFE, paused: false };
  const ways = Object.fromEntries(names.map((name) => [name, hook]));
  const text = stringify({
    ...config,
    requiredHook: { type: "domainRoutingHook", owner: SAFE, domains: ways },
  });

  expect(text.match(/\*a\d/g)).toHaveLength(149);
  expect(readCoreConfig(text, "core.yaml").requiredHook).toMatchObject({ domains: ways });
});

test("a blacklist is one of modules that are all needed, and its messages have one order", () => {
  const { defaultIsm } = desiredOn("here", read({ defaultIsm: listed(2) }), domains);
  const ids = [`0x${"0a".repeat(32)}`, `0x${"0b".repeat(32)}`];
  expect(defaultIsm).toMatchObject({ modules: [{}, { type: "blacklistIsm", owner: SAFE, ids }] });
});

test("a timelock, a minimal router and the tokens of its fees are understood", () => {
  const roles = { executor: NOBODY, proposer: account(4) };
  const feeTokenApprovals = [{ feeToken: account(5), hook: account(6) }];
  const over = {
    upgrade: { timelock: { delay: 3600, roles } },
    interchainAccountRouter: { routerType: "minimal", feeTokenApprovals },
  };
  expect(desiredOn("here", read(over), domains)).toMatchObject({
    timelock: { delay: 3600, ...roles },
    interchainAccounts: {
      isMinimal: true,
      approvals: [{ token: account(5), hook: account(6) }],
    },
  });
});

test("what gas costs in a token goes by the domains of its destinations", () => {
  const tokenOracleConfig = { [SAFE]: { there: { ...price, tokenDecimals: 6 } } };
  const over = { defaultHook: { ...config.defaultHook, tokenOracleConfig } };
  expect(desiredOn("here", read(over), domains).defaultHook).toMatchObject({
    tokens: [{ token: SAFE, prices: [{ domain: 2, gasPrice: 3n, tokenExchangeRate: 4n }] }],
  });
});

test("what the CLI leaves out is what the CLI takes for it", () => {
  const desired = desiredOn("here", read(), domains);
  expect(desired.proxyAdminOwner).toBeUndefined();
  expect(desired.permit2).toBe("0x000000000022D473030F116dDEE9F6B43aC78BA3");
  const urls = ["https://commitment-read-ism.hyperlane.xyz"];
  expect(desired.timelock).toBeUndefined();
  expect(desired.interchainAccounts).toEqual({
    isMinimal: undefined,
    approvals: [],
    owner: undefined,
    commitments: { owner: undefined, urls: undefined },
    remotes: undefined,
    initial: { owner: SAFE, commitments: { owner: SAFE, urls } },
  });
});

test("what is said in its place counts", () => {
  const over = {
    ownerOverrides: { mailbox: account(4) },
    proxyAdmin: { owner: account(5), address: account(6) },
    deployQuotedCalls: false,
    interchainAccountRouter: {
      owner: account(7),
      mailbox: account(8),
      commitmentIsm: { type: "offchainLookupIsm", owner: SAFE, urls: ["https://reveal.example"] },
      remoteRouters: { there: { address: account(9) }, 3: { address: `0x${"0A".repeat(32)}` } },
    },
  };
  expect(desiredOn("here", read(over), domains)).toMatchObject({
    owner: account(4),
    proxyAdminOwner: account(5),
    permit2: null,
    interchainAccounts: {
      owner: account(7),
      commitments: { owner: SAFE, urls: ["https://reveal.example"] },
      remotes: [
        { domain: 2, router: `0x${"0".repeat(24)}${account(9).slice(2).toLowerCase()}` },
        { domain: 3, router: `0x${"0a".repeat(32)}` },
      ],
      initial: { owner: account(7), commitments: { owner: SAFE } },
    },
  });
});

test("owners whom Hyperlane's own configs name for nothing are taken, and told", () => {
  const usual = {
    ...{ proxyAdmin: account(9), validatorAnnounce: account(8) },
    ...{ testRecipient: account(8), fallbackRoutingHook: account(8) },
  };
  const paused = { type: "pausableHook", owner: SAFE, ownerOverrides: usual };
  const routing = {
    ...{ type: "fallbackRoutingHook", owner: SAFE, ownerOverrides: usual },
    ...{ domains: { there: paused }, fallback: { type: "merkleTreeHook" } },
  };
  const plain = { ...config.requiredHook };
  const all = read({ ownerOverrides: usual, defaultHook: routing, requiredHook: plain });

  expect(desiredOn("here", all, domains)).toMatchObject({
    ...{ owner: SAFE, proxyAdminOwner: account(9) },
    defaultHook: { owner: account(8), ways: [{ hook: { owner: SAFE } }] },
  });
  const told = idleOverrides("here", all);
  expect(told).toContain(
    "The core config of here names owners who own nothing by it, as by the official CLI: " +
      "validatorAnnounce, testRecipient, fallbackRoutingHook in ownerOverrides; " +
      "proxyAdmin, validatorAnnounce, testRecipient in defaultHook.ownerOverrides; " +
      "proxyAdmin, validatorAnnounce, testRecipient, fallbackRoutingHook in " +
      "defaultHook.domains.there.ownerOverrides.",
  );
  expect(
    idleOverrides("here", read({ ownerOverrides: { proxyAdmin: account(9) } })),
  ).toBeUndefined();
});

test("whoever is named for a contract owns it, and the oracle's key comes before", () => {
  const there = { type: "pausableHook", owner: SAFE, ownerOverrides: { pausableHook: account(5) } };
  const domainRoutingHook = account(6);
  const { oracleKey, ...paymaster } = config.defaultHook;
  const igp = { interchainGasPaymaster: account(7), storageGasOracle: account(8) };
  const over = {
    ownerOverrides: { proxyAdmin: account(9) },
    proxyAdmin: { owner: account(5) },
    requiredHook: {
      ...{ type: "domainRoutingHook", owner: SAFE, ownerOverrides: { domainRoutingHook } },
      domains: { there },
    },
    defaultHook: { ...paymaster, ownerOverrides: igp },
  };
  expect(desiredOn("here", read(over), domains)).toMatchObject({
    owner: SAFE,
    proxyAdminOwner: account(9),
    requiredHook: { owner: account(6), ways: [{ hook: { owner: account(5) } }] },
    defaultHook: { owner: account(7), oracleKey: account(8) },
  });
  const keyed = { defaultHook: { ...over.defaultHook, oracleKey } };
  expect(desiredOn("here", read(keyed), domains).defaultHook).toMatchObject({ oracleKey });
  const { defaultHook } = desiredOn("here", read({ defaultHook: paymaster }), domains);
  expect(defaultHook).toMatchObject({ owner: SAFE, oracleKey: SAFE });
});

test.each<[string, object]>([
  ["routes", { defaultIsm: { ...config.defaultIsm, domains: { there: multisig, too: multisig } } }],
  [
    "prices",
    { defaultHook: { ...config.defaultHook, oracleConfig: { there: price, too: price } } },
  ],
  [
    "routers",
    {
      interchainAccountRouter: {
        remoteRouters: { there: { address: account(9) }, 2: { address: account(8) } },
      },
    },
  ],
])("two names of one chain are refused in %s", (_, over) => {
  expect(() => desiredOn("here", read(over), { ...domains, too: 2 })).toThrow(
    expect.objectContaining({ code: "bad-core-config", why: expect.stringContaining("id 2") }),
  );
});

test("addresses stand for what is there already", () => {
  const hooks = { requiredHook: account(3), defaultIsm: account(4) };
  expect(desiredOn("here", read(hooks), domains)).toMatchObject({
    requiredHook: { type: "foreign", address: account(3) },
    defaultIsm: { type: "foreign", address: account(4) },
  });
});

test("what is named by its address and a type beside it is that address", () => {
  const hook = { type: "cctpHook", address: account(3) };
  expect(desiredOn("here", read({ requiredHook: hook }), domains)).toMatchObject({
    requiredHook: { type: "foreign", address: account(3) },
  });
});

test.each([
  "opStackIsm",
  "arbL2ToL1Ism",
  "ccipIsm",
  "offchainLookupIsm",
  "interchainAccountRouting",
  "unknownIsm",
])("a module that is there is taken as `core read` prints it: %s", (type) => {
  const one = { type, address: account(3), owner: SAFE, urls: ["https://there"] };
  const routed = { ...config.defaultIsm, domains: { there: one } };
  expect(desiredOn("here", read({ defaultIsm: routed }), domains)).toMatchObject({
    defaultIsm: { routes: [{ domain: 2, ism: { type: "foreign", address: account(3) } }] },
  });
});

test.each(["opStackHook", "arbL2ToL1Hook", "ccipHook", "predicateHook", "unknownHook"])(
  "a hook that is there is taken as `core read` prints it: %s",
  (type) => {
    const hooks = [{ type, address: account(3), destinationChain: "there" }];
    const aggregation = { type: "aggregationHook", hooks };
    expect(desiredOn("here", read({ defaultHook: aggregation }), domains)).toMatchObject({
      defaultHook: { hooks: [{ type: "foreign", address: account(3) }] },
    });
  },
);

test("signers that weigh something are in the order of their addresses too", () => {
  const { defaultIsm } = desiredOn("here", read({ defaultIsm: weighted }), domains);
  expect(defaultIsm).toEqual({
    type: weighted.type,
    signers: [11, 12, 13].map((one) => ({ address: account(one), weight: 1 })),
    thresholdWeight: 2,
  });
});

test("no chain is known by what every object has", () => {
  const routed = { ...config.defaultIsm, domains: { constructor: multisig } };
  expect(() => desiredOn("here", read({ defaultIsm: routed }), domains)).toThrow(
    expect.objectContaining({ code: "unknown-domain" }),
  );
});

test("a chain without metadata is named", () => {
  expect(() => desiredOn("here", read(), { here: 1 })).toThrow(
    expect.objectContaining({ code: "unknown-domain", what: expect.stringContaining('"there"') }),
  );
});

test.each<[object, string]>([
  [{ owner: "0x12" }, "owner: is no address"],
  [{ defaultIsm: "0x123" }, "defaultIsm: is no address"],
  [{ requiredHook: "0x123" }, "requiredHook: is no address"],
  [{ requiredHook: 7 }, "requiredHook: Invalid input: expected object"],
  [
    { ownerOverrides: { domainRoutingIsm: SAFE } },
    "ownerOverrides: names domainRoutingIsm, which is not known. " +
      "Known here are mailbox and proxyAdmin.",
  ],
  [
    { requiredHook: { type: "pausableHook", owner: SAFE, ownerOverrides: { mailbox: SAFE } } },
    "requiredHook.ownerOverrides: names mailbox",
  ],
  [
    { defaultIsm: { ...config.defaultIsm, ownerOverrides: { domainRoutingIsm: SAFE } } },
    "defaultIsm.ownerOverrides: names domainRoutingIsm, which is not known. None is known here.",
  ],
  [
    { proxyAdmin: { owner: SAFE, ownerOverrides: { proxyAdmin: SAFE } } },
    "proxyAdmin.ownerOverrides: names proxyAdmin",
  ],
  [{ defaultIsm: { type: "someIsm" } }, "defaultIsm.type: is of type someIsm, which is not known"],
  [{ defaultIsm: { ...multisig, threshold: 4 } }, "defaultIsm: has a threshold above"],
  [{ defaultIsm: { ...multisig, validators: [SAFE, SAFE] } }, "defaultIsm: has a validator twice"],
  [
    { defaultIsm: { ...config.defaultIsm, domains: { there: { ...multisig, validators: [1] } } } },
    "defaultIsm.domains.there.validators.0",
  ],
  [{ defaultIsm: { type: "opStackIsm" } }, "is of type opStackIsm, which is half of a pair"],
  [
    { defaultIsm: { type: "staticAggregationIsm", modules: [{ type: "ccipIsm" }], threshold: 1 } },
    "defaultIsm.modules.0.type: is of type ccipIsm",
  ],
  [{ defaultIsm: { type: "unknownIsm" } }, "can only be there already. Write its address."],
  [{ requiredHook: { type: "cctpHook" } }, "can only be there already. Write its address."],
  [{ defaultIsm: { type: "ccipIsm", address: "0x12" } }, "defaultIsm.address: is no address"],
  [{ requiredHook: { type: "arbL2ToL1Hook" } }, "requiredHook.type: is of type arbL2ToL1Hook"],
  [
    { defaultHook: { type: "aggregationHook", hooks: [{ type: "defaultHook" }] } },
    "defaultHook: has a defaultHook in it",
  ],
  [
    { defaultIsm: { ...weighted, thresholdWeight: 4 } },
    "defaultIsm: has a thresholdWeight above the weight",
  ],
  [{ defaultIsm: { ...weighted, thresholdWeight: 1e11 } }, "defaultIsm.thresholdWeight"],
  [{ upgrade: { timelock: {} } }, "upgrade.timelock.delay"],
  [{ upgrade: { timelock: { delay: 1, roles: { executor: SAFE, proposer: NOBODY } } } }, "nobody"],
  [
    { interchainAccountRouter: { routerType: "minimal", commitmentIsm: { urls: ["a"] } } },
    "is of routerType minimal, which has no commitmentIsm",
  ],
  [
    { interchainAccountRouter: { feeTokenApprovals: [{ feeToken: SAFE }] } },
    "interchainAccountRouter.feeTokenApprovals.0.hook",
  ],
  [{ defaultIsm: blacklist }, "defaultIsm: has a blacklistIsm where others can do without it"],
  [{ defaultIsm: listed(1) }, "defaultIsm: has a blacklistIsm"],
  [
    { defaultIsm: { ...config.defaultIsm, domains: { there: blacklist } } },
    "defaultIsm: has a blacklistIsm",
  ],
  [
    { defaultIsm: listed(2, { ...blacklist, blacklistedIds: ["0x12"] }) },
    "blacklistedIds.0: is no message's id",
  ],
  [
    { interchainAccountRouter: { remoteRouters: { there: { address: "0x12" } } } },
    "interchainAccountRouter.remoteRouters.there.address",
  ],
  [{ defaultHook: { ...config.defaultHook, igpVersion: "legacy" } }, "defaultHook: is of version"],
  [
    { defaultHook: { ...config.defaultHook, oracleConfig: { there: tooDear } } },
    "defaultHook.oracleConfig.there.gasPrice: does not fit into 128 bits",
  ],
  [{ requiredHook: fee({ maxProtocolFee: `${2n ** 256n}` }) }, "does not fit into 256 bits"],
  [{ requiredHook: fee({ maxProtocolFee: "1e17" }) }, "maxProtocolFee: is no whole number"],
  [{ requiredHook: fee({ protocolFee: "0.1" }) }, "protocolFee: is no whole number"],
  [{ requiredHook: fee({ beneficiary: NOBODY }) }, "requiredHook.beneficiary: is nobody"],
  [{ defaultIsm: { type: "trustedRelayerIsm", relayer: NOBODY } }, "defaultIsm.relayer: is nobody"],
  [{ defaultIsm: { ...multisig, validators: crowd, threshold: 256 } }, "defaultIsm.threshold"],
  [
    { defaultHook: { ...config.defaultHook, oracleConfig: {} } },
    "defaultHook: has an overhead for there and no oracleConfig",
  ],
  [
    { defaultHook: { ...config.defaultHook, tokenOracleConfig: { a: {} } } },
    "defaultHook.tokenOracleConfig.a",
  ],
  [
    { defaultHook: { ...config.defaultHook, tokenOracleConfig: { [SAFE]: { far: price } } } },
    "defaultHook: has a tokenOracleConfig for far and no oracleConfig",
  ],
])("what is not deployed is refused by its place: %#", (over, expected) => {
  expect(why(over)).toContain(expected);
});

const BIG = "1000000000000000000000";

test.each([
  ["no YAML", "{", ""],
  ["nothing", "", "It is empty."],
  ["several documents", `${stringify(config)}---\n{}\n`, "It has several documents"],
  [
    "what contains itself",
    stringify({
      ...config,
      defaultIsm: { type: "staticAggregationIsm", threshold: 1, modules: [] },
    })
      .replace("defaultIsm:", "defaultIsm: &a")
      .replace("modules: []", "modules: [*a]"),
    "It contains itself.",
  ],
  [
    "a part without a type",
    stringify({ ...config, defaultIsm: { validators, threshold: 2 } }),
    "defaultIsm.type: is missing, or no name of a type.",
  ],
  [
    "an amount that a number cannot hold",
    stringify({ ...config, requiredHook: fee({ maxProtocolFee: BIG }) }).replace(`"${BIG}"`, BIG),
    "requiredHook.maxProtocolFee: is too big for a number: write it in quotes.",
  ],
])("%s is refused in plain words", (_, text, expected) => {
  expect(() => readCoreConfig(text, "core.yaml")).toThrow(
    expect.objectContaining({ code: "bad-core-config", why: expect.stringContaining(expected) }),
  );
});
