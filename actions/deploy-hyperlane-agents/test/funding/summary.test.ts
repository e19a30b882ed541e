import { ActionError } from "@playbook/action";
import type { Address } from "@playbook/evm";
import type { KnownChain } from "@playbook/hyperlane";
import { fundedReport } from "../../src/funding/summary.ts";

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
  const { outputs, text, failure } = fundedReport({ paid, unpaid: [] }, known);

  expect(text).toContain(`| relayer-main-a | chain7 | 1.5 USD | \`${to}\` |`);
  expect(outputs.funding).toEqual([
    { chain: "chain7", name: "relayer-main-a", to, amount: "1500000" },
  ]);
  expect(failure).toBeUndefined();
});

test("one chain that is not done fails with its own error, several with one that has theirs", () => {
  const one = fundedReport({ paid: [], unpaid: [lost("chain5")] }, known);
  expect(one.failure).toMatchObject({ code: "plan-open" });
  expect(one.text).toBe("⚠️ **chain5**: not all are funded. chain5 is at work. Why. Wait.");

  const both = fundedReport({ paid: [], unpaid: [lost("chain5"), lost("chain7")] }, known);
  expect(both.failure).toMatchObject({
    code: "funding-failed",
    what: "On 2 chains not all agents are funded: chain5, chain7.",
    why: "chain5: chain5 is at work. Why. Wait.\nchain7: chain7 is at work. Why. Wait.",
  });
});
