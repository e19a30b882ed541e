import type { TestContext } from "@playbook/action/testing";
import { budgets } from "@playbook/broadcast/inputs";
import type { KnownChain } from "@playbook/hyperlane";
import { Chains } from "../../src/chains.ts";
import type { Entry } from "../../src/entry.ts";
import { type FundInputs, fund } from "../../src/funding/fund.ts";
import { targets } from "../../src/funding/targets.ts";

/** What a run is given, fit to be written into a file. */
export type Given = Omit<FundInputs, "targets" | "caps"> & {
  funding: string;
  cap: string;
  entries: Entry[];
  known: KnownChain[];
  rpcUrls: { name: string; value: string }[];
};

/** Pays agents as an apply does it before anything is moved. */
export async function pay(given: Given, context: TestContext) {
  const { funding, cap, entries, known, rpcUrls, ...own } = given;
  const chains = new Chains(known, { rpcUrls, quorum: [] }, context);
  const inputs = { ...own, targets: targets.parse(funding), caps: budgets.parse(cap) };
  const result = await fund(inputs, { entries, chains }, context);
  return { ...result, unreached: chains.unreached.map(({ chain }) => chain) };
}
