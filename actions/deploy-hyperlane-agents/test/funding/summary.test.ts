import { ActionError } from "@playbook/action";
import type { Address } from "@playbook/evm";
import type { KnownChain } from "@playbook/hyperlane";
import { dueIn, fundedReport, fundingText } from "../../src/funding/summary.ts";

const known = [
  { name: "chain5", nativeToken: { symbol: "ETH", decimals: 18 } },
  { name: "chain7", nativeToken: { symbol: "USD", decimals: 6 } },
] as KnownChain[];

const to = `0x${"12".repeat(20)}` as Address;

const lost = (chain: string) => ({
  chain,
  error: new ActionError("plan-open", { what: `${chain} is at work.`, why: "Why.", next: "Wait." }),
});

test("who was paid is told in the chain's coins, and to programs in its smallest unit", () => {
  const paid = [{ chain: "chain7", name: "relayer-main-a", to, value: 1_500_000n }];
  const { outputs, text, failure } = fundedReport({ paid, unpaid: [], left: [] }, known);

  expect(text).toContain(`| relayer-main-a | chain7 | 1.5 USD | \`${to}\` |`);
  expect(outputs.funding).toEqual([
    { chain: "chain7", name: "relayer-main-a", to, amount: "1500000" },
  ]);
  expect(failure).toBeUndefined();
});

test("one chain that is not done fails with its own error, several with one that has theirs", () => {
  const one = fundedReport({ paid: [], unpaid: [lost("chain5")], left: [] }, known);
  expect(one.failure).toMatchObject({ code: "plan-open" });
  expect(one.text).toBe("⚠️ **chain5**: not all are funded. chain5 is at work. Why. Wait.");

  const lostTwo = [lost("chain5"), lost("chain7")];
  const both = fundedReport({ paid: [], unpaid: lostTwo, left: [] }, known);
  expect(both.failure).toMatchObject({
    code: "funding-failed",
    what: "Not all agents are funded on chain5, chain7.",
    why: "chain5: chain5 is at work. Why. Wait.\nchain7: chain7 is at work. Why. Wait.",
  });
});

test("a chain that is down is told in one sentence, with those who may be due something there", () => {
  const left = [
    { chain: "chain5", names: ["relayer-main-a", "relayer-main-b"] },
    { chain: "chain7", names: [] },
  ];
  const { text, failure } = fundedReport({ paid: [], unpaid: [], left }, known);

  expect(text).toBe(
    "⚠️ **chain5** is not there now: what relayer-main-a, relayer-main-b may " +
      "be due on it is left to the next run.",
  );
  expect(failure).toBeUndefined();
});

test("what was begun and what is due are told apart, and the sum is of both", () => {
  const sight = {
    funder: { address: to },
    chains: [
      {
        chain: "chain7",
        begun: [{ name: "relayer-main-a", to, value: 1_500_000n }],
        transfers: [{ name: "relayer-main-b", to, balance: 0n, value: 500_000n }],
        ...{ total: 2_000_000n, gas: 1n, balance: null, obstacle: undefined },
      },
    ],
  };

  const text = fundingText(sight, known);

  expect(text).toContain("An earlier run has begun these payments: `apply` finishes them first.");
  expect(text).toContain(`| relayer-main-a | chain7 | 1.5 USD | \`${to}\` |`);
  expect(text).toContain(`| relayer-main-b | chain7 | 0 USD | 0.5 USD | \`${to}\` |`);
  expect(text).toContain("| chain7 | 2 USD |");
  expect(dueIn(sight)).toEqual([
    { chain: "chain7", name: "relayer-main-a", to, amount: "1500000", begun: true },
    { chain: "chain7", name: "relayer-main-b", to, amount: "500000" },
  ]);
});
