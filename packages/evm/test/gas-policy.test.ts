import { type Chain, gasPolicy, readChains, withFees } from "../src/index.ts";

/** A chain whose entry says this beside what it must. */
function chain(over: object): Chain {
  const entry = { name: "a", chainId: 5, rpcUrls: [{ http: "http://localhost:8545" }], ...over };
  return readChains(JSON.stringify(entry), "chains.yaml")[0] as Chain;
}

const policy = (over: object) => gasPolicy(chain(over));

const overrides = (transactionOverrides: object) => policy({ transactionOverrides });

test.each<[string, object, object]>([
  ["Ethereum, when nothing is said", {}, { preset: "ethereum", type: "market", gas: "execution" }],
  ["Arbitrum", { technicalStack: "arbitrumnitro" }, { preset: "arbitrum", gas: "arbitrum" }],
  ["the OP stack", { technicalStack: "opstack" }, { dataOracle: expect.stringMatching(/0F$/) }],
  ["substrate", { technicalStack: "polkadotsubstrate" }, { preset: "metered", gas: "live" }],
  ["a gas price", { transactionOverrides: { gasPrice: 7 } }, { preset: "legacy", floor: 7n }],
  ["its own word", { playbook: { gas: { preset: "scroll" } } }, { preset: "scroll" }],
])("the preset of a chain: %s", (_, entry, expected) => {
  expect(policy(entry)).toMatchObject(expected);
});

test("a rollup with a gas price keeps its family and takes legacy transactions", () => {
  const given = { technicalStack: "opstack", transactionOverrides: { gasPrice: 7 } };
  expect(policy(given)).toMatchObject({ preset: "op", type: "legacy", floor: 7n });
});

test("the registry's fields make floors, caps and percentages; digits are as good as numbers", () => {
  const given = {
    maxFeePerGas: "12000000000000000001",
    gasPriceCap: 9_000,
    minFeePerGas: 20,
    minGasPrice: 30,
    minPriorityFeePerGas: 5,
    maxPriorityFeePerGas: 6,
    gasPriceMultiplierNumerator: 3,
    gasPriceMultiplierDenominator: 2,
    gasLimitMultiplierNumerator: 11,
    gasLimitMultiplierDenominator: 10,
    somethingElse: { is: "left alone" },
  };
  expect(overrides(given)).toMatchObject({
    ...{ floor: 30n, tipFloor: 5n, tip: 6n, cap: 9_000n },
    ...{ baseFeePercent: 150, gasPricePercent: 150, margin: 110 },
  });
});

test("replacements offer as much more as pools of the chain demand", () => {
  expect(policy({}).bump).toBe(10);
  expect(policy({ playbook: { gas: { bump: 12.5 } } }).bump).toBe(12.5);
});

test.each<[string, object, string]>([
  ["half a multiplier", { gasPriceMultiplierNumerator: 3 }, "belong together"],
  ["a floor over the cap", { minFeePerGas: 5, gasPriceCap: 4 }, "the floor 5 is over the cap 4"],
  ["an amount in words", { maxFeePerGas: "3 gwei" }, "no amount of wei"],
])("an entry with %s is refused by its name", (_, given, why) => {
  expect(() => overrides(given)).toThrow(
    expect.objectContaining({ code: "bad-chains", why: expect.stringContaining(why) }),
  );
});

describe("a run's own fees", () => {
  const entry = chain({ transactionOverrides: { gasPriceCap: 90, minFeePerGas: 20 } });

  test("take the place of the entry's, field by field and chain by chain", () => {
    const fees = [
      { name: "a", field: "gasPriceCap", wei: 50n },
      { name: "b", field: "minFeePerGas", wei: 40n },
    ] as const;
    expect(gasPolicy(withFees(entry, [...fees]))).toMatchObject({ cap: 50n, floor: 20n });
    expect(withFees(entry)).toBe(entry);
  });

  test("are refused by the input's name when they contradict it", () => {
    const low = () => withFees(entry, [{ name: "a", field: "gasPriceCap", wei: 10n }]);
    expect(low).toThrow(
      expect.objectContaining({ code: "bad-input", why: expect.stringContaining("over the cap") }),
    );
  });
});
