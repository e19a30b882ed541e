import { isBefore, strangeChain } from "../src/index.ts";

test.each([
  [{ name: "ethereum", domain: 1 }, undefined],
  [{ name: "ethereum", domain: 1 }, "1.5.0"],
  [{ name: "axon", domain: 2022 }, undefined],
  // Each release knows its own.
  [{ name: "anvil1", domain: 31337 }, "1.5.0"],
  [{ name: "holesky2", domain: 17000 }, "2.3.0"],
])("agents take %j, of release %s", (chain, version) => {
  expect(strangeChain(chain, version)).toBeUndefined();
});

test.each([
  [{ name: "mainnet", domain: 1 }, "ethereum by themselves, with domain 1"],
  [{ name: "ethereum", domain: 31338 }, "take no ethereum with domain 31338"],
  [{ name: "bnb", domain: 56 }, "know bsc"],
  [{ name: "holesky2", domain: 17000 }, "agents-v1.5.0 to v1.5.0"],
])("that they take no %j is told", (chain, told) => {
  expect(strangeChain(chain)).toContain(told);
});

test("what is newer than all that are known knows what the newest of them does", () => {
  const chain = { name: "anvil1", domain: 31337 };
  expect(strangeChain(chain, "2.10.0")).toContain("agents-v2.10.0");
  expect(strangeChain({ name: "holesky2", domain: 17000 }, "2.10.0")).toBeUndefined();
});

test("releases are compared by their numbers", () => {
  expect(isBefore("1.5.0", "1.10.0")).toBe(true);
  expect(isBefore("2.3.0", "2.3.0")).toBe(false);
  expect(isBefore("2.10.0", "2.9.1")).toBe(false);
});
