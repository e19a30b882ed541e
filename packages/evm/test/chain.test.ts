import { chooseChains, explorerLink, finality, readChains } from "../src/index.ts";

/** An entry as the registry has it, with fields that do not concern us. */
const arbitrum = `
arbitrum:
  # Entries carry comments
  blockExplorers:
    - apiKey: ABC
      apiUrl: https://api.etherscan.io/v2/api?chainid=42161
      family: etherscan
      name: Arbiscan
      url: https://arbiscan.io/
  blocks:
    confirmations: 1
    estimateBlockTime: 3
    reorgPeriod: 5
  chainId: 42161
  deployer: { name: Abacus Works, url: https://www.hyperlane.xyz }
  displayName: Arbitrum
  domainId: 42161
  gasCurrencyCoinGeckoId: ethereum
  index: { from: 143649797 }
  name: arbitrum
  nativeToken: { decimals: 18, name: Ether, symbol: ETH }
  protocol: ethereum
  rpcUrls:
    - http: https://arbitrum.llamarpc.com
      pagination: { maxBlockRange: 1000 }
    - http: https://rpc.ankr.com/arbitrum
  technicalStack: arbitrumnitro
  transactionOverrides: { maxFeePerGas: 12000000000 }
`;

const minimal = { name: "a", chainId: 5, rpcUrls: [{ http: "http://localhost:8545" }] };

const read = (value: unknown) => readChains(JSON.stringify(value), "chains.yaml");

const why = (value: unknown): string => {
  try {
    read(value);
    return "read";
  } catch (error) {
    expect(error).toMatchObject({
      code: "bad-chains",
      what: expect.stringContaining("chains.yaml"),
    });
    return (error as { why: string }).why;
  }
};

test("an entry of the registry is read for what concerns sending", () => {
  expect(readChains(arbitrum, "chains.yaml")).toMatchObject([
    {
      name: "arbitrum",
      chainId: 42161,
      rpcUrls: [
        { http: "https://arbitrum.llamarpc.com" },
        { http: "https://rpc.ankr.com/arbitrum" },
      ],
      blocks: { confirmations: 1, reorgPeriod: 5, estimateBlockTime: 3 },
      technicalStack: "arbitrumnitro",
    },
  ]);
});

test("a mapping, a list and a single entry are the same", () => {
  const { name: _, ...unnamed } = minimal;
  expect(read({ a: unnamed })).toEqual(read([minimal]));
  expect(read(minimal)).toEqual(read([minimal]));
});

test("what an entry leaves out has a default", () => {
  expect(read(minimal)).toMatchObject([
    {
      protocol: "ethereum",
      isTestnet: false,
      nativeToken: { symbol: "ETH", decimals: 18 },
      blocks: { confirmations: 1 },
      blockExplorers: [],
      transactionOverrides: {},
    },
  ]);
});

test("a chain id may be written as text, as the registry does for some", () => {
  expect(read({ ...minimal, chainId: "1380012617" })[0]?.chainId).toBe(1_380_012_617);
});

test("chains of other virtual machines are passed over where others are listed", () => {
  const neutron = { protocol: "cosmos", chainId: "neutron-1", rpcUrls: [{ http: "https://n" }] };
  const starknet = { protocol: "starknet", chainId: "0x534e5f4d41494e", rpcUrls: [] };
  expect(read({ neutron, starknet, a: minimal }).map(({ name }) => name)).toEqual(["a"]);
});

test.each<[string, unknown, string]>([
  ["nothing", {}, "It names no chain."],
  ["an empty file", null, "It names no chain."],
  [
    "only another virtual machine",
    { s: { ...minimal, protocol: "sealevel" } },
    "a has protocol sealevel; only ethereum is known.",
  ],
  ["no chain id", { a: { ...minimal, chainId: undefined } }, "a: chainId: Invalid input"],
  [
    "a chain id that is no number",
    { a: { ...minimal, chainId: "five" } },
    "a: chainId: Invalid input",
  ],
  [
    "a domain id of nothing",
    { a: { ...minimal, domainId: 0 } },
    "a: domainId: Too small: expected number to be >=1",
  ],
  [
    "a block to begin at that is no number",
    { a: { ...minimal, index: { from: "143649797" } } },
    "a: index.from: Invalid input: expected number, received string",
  ],
  [
    "a negative chain id",
    { a: { ...minimal, chainId: -1 } },
    "a: chainId: Too small: expected number to be >=0",
  ],
  [
    "no URL",
    { a: { ...minimal, rpcUrls: [] } },
    "a: rpcUrls: Too small: expected array to have >=1 items",
  ],
  [
    "a URL that is none",
    { a: { ...minimal, rpcUrls: [{ http: "localhost" }] } },
    "a: rpcUrls.0.http: Invalid URL",
  ],
  [
    "a websocket",
    { a: { ...minimal, rpcUrls: [{ http: "wss://a" }] } },
    "a: rpcUrls.0.http: Invalid URL",
  ],
  [
    "no URLs in a single entry",
    { ...minimal, rpcUrls: undefined },
    "a: rpcUrls: Invalid input: expected array, received undefined",
  ],
  ["an entry that is none", { a: 5 }, "a: chainId: Invalid input"],
])("a file with %s is refused with the entry and the field", (_, value, expected) => {
  expect(why(value)).toBe(expected);
});

test("text that is no YAML is refused with the place", () => {
  expect(() => readChains("a: [", "chains.yaml")).toThrow(/line 1/);
});

test("chains are chosen by name or id, in the order asked for", () => {
  const all = read([minimal, { ...minimal, name: "b", chainId: 6 }]);
  expect(chooseChains(all, ["6", "a"], "chains.yaml").map(({ name }) => name)).toEqual(["b", "a"]);
});

test("a chain that is not there is answered with the nearest name", () => {
  const all = readChains(arbitrum, "chains.yaml");
  expect(() => chooseChains(all, ["arbitum"], "chains.yaml")).toThrow(/did you mean "arbitrum"\?/);
});

test.each<[object, number | string]>([
  [{ confirmations: 1, reorgPeriod: "finalized" }, "finalized"],
  [{ confirmations: 1, reorgPeriod: "safe" }, "safe"],
  [{ confirmations: 1, reorgPeriod: 5 }, 5],
  [{ confirmations: 8, reorgPeriod: 5 }, 7],
  [{ confirmations: 3 }, 2],
  [{ confirmations: 0, reorgPeriod: 0 }, 0],
  [{ confirmations: 3, reorgPeriod: "latest" }, 2],
])("blocks %j are final at %s", (blocks, expected) => {
  const [chain] = read({ ...minimal, blocks });
  expect(chain && finality(chain)).toBe(expected);
});

test("links go to the first explorer, and nowhere without one", () => {
  const [chain] = readChains(arbitrum, "chains.yaml");
  const [plain] = read(minimal);
  expect(chain && explorerLink(chain, "tx", "0x12")).toBe("https://arbiscan.io/tx/0x12");
  expect(plain && explorerLink(plain, "tx", "0x12")).toBeUndefined();
});
