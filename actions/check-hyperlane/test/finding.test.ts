import type { Address } from "@playbook/evm";
import { findingsOfChain, findingsOfOrigin, findingsOfRoute } from "../src/finding.ts";

const account = (number: number) => `0x${String(number).repeat(40)}` as Address;

test("a chain that is as it should be has no findings", () => {
  const purse = { relayer: account(1), balance: 2n, least: 1n, coins: "2 ETH" };
  const seen = { chain: "one", pausedHooks: [], changes: [], purses: [purse] };
  expect(findingsOfChain(seen)).toEqual([]);
});

test("what differs, what is paused and who has no coins are told", () => {
  const found = findingsOfChain({
    ...{ chain: "one", pausedHooks: [account(5)] },
    changes: [{ subject: "default ISM", from: "a", to: "b" }],
    purses: [{ relayer: account(1), balance: 1n, least: 1n, coins: "1 ETH" }],
  });
  expect(found.map(({ rule, about, why }) => [rule, about, why])).toEqual([
    ["core-differs", "default ISM", "It is a, and shall be b."],
    ["paused", account(5), "This hook lets no message out."],
    ["poor-relayer", account(1), "It has 1 ETH."],
  ]);
});

test("a validator that is silent is told once, whatever else it does not do", () => {
  const signing = [1, 2, 3].map((number) => {
    const flaw = number === 3 ? null : "It has not signed index 3.";
    return { validator: account(number), flaw, spoils: false, signature: null, at: null };
  });
  const seen = {
    ...{ chain: "one", signing, silent: [account(1)], flagged: [account(3)] },
    ahead: [{ validator: account(3), latest: 4, leaves: 1 }],
  };
  const found = findingsOfOrigin(seen);
  expect(found.map(({ rule, about }) => [rule, about])).toEqual([
    ["not-announced", account(1)],
    ["reorg-flag", account(3)],
    ["signed-ahead", account(3)],
    ["not-signed", account(2)],
  ]);
  expect(found[2]?.why).toBe("It has signed up to index 4, and the tree has 1 message.");
});

const route = {
  ...{ origin: "one", destination: "two", hasRoute: true, isPaused: false },
  ...{ isUnsignable: false, flagged: [] as Address[], spoiling: [] as Address[] },
};

test.each([
  [{ isEnough: true }, []],
  [{ isEnough: null }, []],
  [{ isEnough: false }, ["too-few-sign"]],
  [{ isEnough: false, isPaused: true }, ["paused"]],
  [{ isEnough: false, hasRoute: false }, ["no-route"]],
  [{ isEnough: true, flagged: [account(3)] }, ["held-by-flag"]],
  [{ isEnough: null, flagged: [account(3)] }, ["held-by-flag"]],
  [{ isEnough: false, flagged: [account(3)] }, ["held-by-flag", "too-few-sign"]],
  [{ isEnough: true, spoiling: [account(3)] }, ["held-by-signature"]],
  [{ isEnough: false, spoiling: [account(3)] }, ["held-by-signature", "too-few-sign"]],
  [{ isEnough: null, isUnsignable: true }, ["no-tree"]],
  [{ isEnough: true, flagged: [account(3)], isPaused: true }, ["paused"]],
])("of a route with %j the first thing that holds it is told", (over, rules) => {
  expect(findingsOfRoute({ ...route, ...over }).map(({ rule }) => rule)).toEqual(rules);
});
