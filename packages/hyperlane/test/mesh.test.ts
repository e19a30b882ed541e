import { readCoreConfig } from "../src/config.ts";
import { readMesh } from "../src/mesh.ts";
import { account } from "./wishes.ts";

const VALIDATORS = [account(11), account(12), account(13)];

const LINES = {
  axon: `{ gasPrice: 1000000000, tokenPrice: "0.05" }`,
  sepolia: `{ gasPrice: "2000000000", tokenPrice: 2000.5, overhead: 200000 }`,
  fuji: `{ gasPrice: 25, tokenPrice: 20, validators: ["${account(21)}"], owner: "${account(9)}" }`,
};

const meshOf = (chains: Record<string, string>, over = `owner: "${account(1)}"`) =>
  [
    ...[over, `validators: ${JSON.stringify(VALIDATORS)}`, "chains:"],
    ...Object.entries(chains).map(([name, line]) => `  ${name}: ${line}`),
  ].join("\n");

const read = (text: string) => readMesh(text, "mesh.yaml");

const configOf = (name: string, text = meshOf(LINES)) =>
  readCoreConfig(read(text)?.get(name) ?? "", name);

test("each chain takes messages from all others, by what its own line and the mesh say of them", () => {
  const { defaultIsm, owner, proxyAdmin, requiredHook } = configOf("axon");

  expect(defaultIsm).toMatchObject({
    type: "domainRoutingIsm",
    owner: account(1),
    domains: {
      sepolia: { type: "messageIdMultisigIsm", validators: VALIDATORS, threshold: 2 },
      fuji: { type: "messageIdMultisigIsm", validators: [account(21)], threshold: 1 },
    },
  });
  expect(Object.keys((defaultIsm as { domains: object }).domains)).toEqual(["sepolia", "fuji"]);
  expect([owner, proxyAdmin?.owner]).toEqual([account(1), account(1)]);
  expect(requiredHook).toMatchObject({ type: "protocolFee", protocolFee: "0" });
  expect(configOf("fuji").owner).toBe(account(9));
});

test("a delivery is paid by the gas there and by what both coins are worth", () => {
  const paymasterOf = (name: string) => {
    const hook = configOf(name).defaultHook as unknown as { hooks: object[] };
    return hook.hooks[1];
  };
  expect(paymasterOf("axon")).toMatchObject({
    type: "interchainGasPaymaster",
    ...{ beneficiary: account(1), oracleKey: account(1) },
    overhead: { sepolia: 200_000, fuji: 150_000 },
    oracleConfig: {
      // A coin of sepolia's is worth 40,010 of axon's.
      sepolia: { gasPrice: "2000000000", tokenExchangeRate: "400100000000000" },
      fuji: { gasPrice: "25", tokenExchangeRate: "4000000000000" },
    },
  });
  expect(paymasterOf("sepolia")).toMatchObject({
    oracleConfig: { axon: { gasPrice: "1000000000", tokenExchangeRate: "249937" } },
  });
});

test.each([
  ["0.0000005", "5000"],
  ["0.00000025", "2500"],
  ['"0.00000025"', "2500"],
])("a coin that is worth %s of another is priced by its digits", (tokenPrice, rate) => {
  const axon = `{ gasPrice: 1, tokenPrice: ${tokenPrice} }`;
  const text = meshOf({ axon, fuji: "{ gasPrice: 1, tokenPrice: 1 }" });
  const { hooks } = configOf("fuji", text).defaultHook as unknown as { hooks: object[] };
  expect(hooks[1]).toMatchObject({ oracleConfig: { axon: { tokenExchangeRate: rate } } });
});

test("a line more changes in the others what is said of that chain, and nothing else", () => {
  const { fuji: _, ...fewer } = LINES;
  const before = configOf("axon", meshOf(fewer));
  const now = JSON.parse(JSON.stringify(configOf("axon")));
  const paymaster = now.defaultHook.hooks[1];

  for (const list of [now.defaultIsm.domains, paymaster.overhead, paymaster.oracleConfig]) {
    expect(delete list.fuji).toBe(true);
  }

  expect(now).toEqual(JSON.parse(JSON.stringify(before)));
});

test("a core config is none", () => {
  expect(read(`owner: "${account(1)}"`)).toBeUndefined();
});

test.each([
  ["one chain", meshOf({ axon: LINES.axon }), "two or more"],
  ["no owner", meshOf(LINES, "protocolFee: 1"), "chains.axon: It has no owner"],
  [
    "an unknown word",
    meshOf({ ...LINES, x: "{ gasPrice: 1, tokenPrice: 1, gas: 2 }" }),
    "chains.x",
  ],
  ["no price", meshOf({ ...LINES, x: "{ gasPrice: 1 }" }), "chains.x.tokenPrice"],
  ["a price of nothing", meshOf({ ...LINES, x: "{ gasPrice: 1, tokenPrice: 0 }" }), "is nothing"],
  ["a price in words", meshOf({ ...LINES, x: "{ gasPrice: 1, tokenPrice: 1e9x }" }), "is no price"],
  [
    "no validators",
    `owner: "${account(1)}"\nchains:\n  a: ${LINES.axon}\n  b: ${LINES.axon}`,
    "has no validators",
  ],
  [
    "what is worth nothing beside another",
    meshOf({ ...LINES, x: `{ gasPrice: 1, tokenPrice: "0.000000000001" }` }),
    "chains.x: Its coin is worth too little",
  ],
])("a mesh with %s is refused", (_, text, why) => {
  expect(() => read(text)).toThrow(
    expect.objectContaining({ code: "bad-core-config", why: expect.stringContaining(why) }),
  );
});
