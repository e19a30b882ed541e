import { planChain } from "../src/index.ts";
import type { Desired, GasPaymaster } from "../src/model.ts";
import { ModelChain } from "./model-chain.ts";
import { SAFE, SIGNER, UNSAID } from "./wishes.ts";

const paymaster: GasPaymaster = {
  type: "interchainGasPaymaster",
  owner: SAFE,
  beneficiary: SAFE,
  oracleKey: SAFE,
  quoteSigners: [],
  tokens: [],
  remotes: [{ domain: 2, overhead: 1n, gasPrice: 2n, tokenExchangeRate: 3n }],
};

const wish: Desired = {
  chain: "here",
  domain: 1,
  owner: SAFE,
  proxyAdminOwner: SAFE,
  timelock: undefined,
  defaultIsm: { type: "pausableIsm", owner: SAFE, paused: false },
  defaultHook: paymaster,
  requiredHook: { type: "aggregationHook", hooks: [{ type: "merkleTreeHook" }, { ...paymaster }] },
  interchainAccounts: UNSAID,
  permit2: null,
};

test("one gas paymaster and one tree serve both hooks, wherever they are asked for", () => {
  const chain = new ModelChain(SIGNER);
  const plan = planChain(wish, chain.observe({}), SIGNER);
  const made = plan.steps.flatMap(({ creates }) => creates.map(({ contract }) => contract));
  expect(made.filter((name) => name === "InterchainGasPaymaster")).toHaveLength(1);
  chain.apply(plan);

  const moved = {
    ...wish,
    requiredHook: paymaster,
    defaultHook: { type: "merkleTreeHook" } as const,
  };
  const { steps, proposals } = planChain(moved, chain.observe(plan.addresses), SIGNER);
  expect(steps).toEqual([]);
  expect(proposals.map(({ label }) => label.replace(/\(.*/, ""))).toEqual([
    "Mailbox.setRequiredHook",
    "Mailbox.setDefaultHook",
  ]);
});

test("two gas paymasters that differ are refused", () => {
  const other = { ...paymaster, beneficiary: SIGNER };
  const two = { ...wish, requiredHook: other };
  expect(() => planChain(two, new ModelChain(SIGNER).observe({}), SIGNER)).toThrow(
    expect.objectContaining({ code: "two-gas-paymasters" }),
  );
});
