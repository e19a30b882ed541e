import type { Address } from "@playbook/evm";
import { NOBODY } from "../src/contract.ts";
import { callOf, planChain } from "../src/index.ts";
import type { Addresses, Desired, GasPaymaster } from "../src/model.ts";
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
    "Mailbox.setDefaultHook",
    "Mailbox.setRequiredHook",
  ]);
});

const tree = { type: "merkleTreeHook" } as const;

const fee = (protocolFee: bigint) => ({
  ...{ type: "protocolFee" as const, owner: SIGNER, beneficiary: SIGNER },
  ...{ maxProtocolFee: 10n, protocolFee },
});

/** A chain that is as wished, and where things are on it. */
function brought(wished: Desired): { chain: ModelChain; addresses: Addresses } {
  const chain = new ModelChain(SIGNER);
  const plan = planChain(wished, chain.observe({}), SIGNER);
  chain.apply(plan);
  return { chain, addresses: plan.addresses };
}

test.each([
  ["required", "default"],
  ["default", "required"],
])("as the tree moves from the %s hook to the %s one, both have it for a moment", (from, to) => {
  const hooks = (place: string) => ({
    [`${from}Hook`]: fee(1n),
    [`${to}Hook`]: fee(1n),
    [`${place}Hook`]: tree,
  });
  const { chain, addresses } = brought({ ...wish, owner: SIGNER, ...hooks(from) });
  const moved = { ...wish, owner: SIGNER, ...hooks(to) };
  const { steps } = planChain(moved, chain.observe(addresses), SIGNER);

  for (const step of steps) {
    chain.apply({ steps: [step], proposals: [] });
    const { core } = chain.observe(addresses);
    expect([core?.requiredHook.type, core?.defaultHook.type]).toContain("merkleTreeHook");
  }
});

test("one contract in two places, as the CLI shares fees, becomes two where they are to differ", () => {
  const one = { ...wish, owner: SIGNER, requiredHook: tree, defaultHook: fee(7n) };
  const { chain, addresses } = brought(one);
  const { mailbox, ...others } = addresses;
  const { core } = chain.observe(addresses);
  const data = callOf("Mailbox", "setRequiredHook", [core?.defaultHook.address]);
  const shared = { to: mailbox as Address, data, by: SIGNER };
  chain.apply({ steps: [], proposals: [{ chain: "here", label: "", after: [], ...shared }] });

  const apart = { ...one, requiredHook: fee(0n), defaultHook: fee(7n) };
  const plan = planChain(apart, chain.observe({ mailbox, ...others }), SIGNER);
  chain.apply(plan);
  const left = planChain(apart, chain.observe(plan.addresses), SIGNER);

  expect(plan.steps.map(({ label }) => label.replace(/\(.*/, ""))).toEqual([
    "ProtocolFee.setProtocolFee",
    "new ProtocolFee",
    "Mailbox.setDefaultHook",
  ]);
  expect(left).toMatchObject({ steps: [], proposals: [], changes: [] });
});

test("what has no owner any more is asked of nobody", () => {
  const one = { ...wish, owner: SIGNER, requiredHook: tree, defaultHook: fee(7n) };
  const { chain, addresses } = brought(one);
  const observed = chain.observe(addresses);
  const core = observed.core && { ...observed.core, owner: NOBODY };
  const other = { ...one, defaultHook: tree };

  expect(() => planChain(other, { ...observed, core }, SIGNER)).toThrow(
    expect.objectContaining({ code: "belongs-to-nobody", why: expect.stringContaining("owner") }),
  );
});

test("what would be given to nobody is refused, and what nobody has stays so", () => {
  const one = { ...wish, owner: SIGNER, requiredHook: tree, defaultHook: fee(7n) };
  const { chain, addresses } = brought(one);
  const observed = chain.observe(addresses);
  const core = observed.core && { ...observed.core, owner: NOBODY };
  const given = { ...one, owner: NOBODY };

  for (const before of [new ModelChain(SIGNER).observe({}), observed]) {
    expect(() => planChain(given, before, SIGNER)).toThrow(
      expect.objectContaining({
        code: "belongs-to-nobody",
        what: "The config gives Mailbox on here to nobody.",
      }),
    );
  }
  expect(planChain(given, { ...observed, core }, SIGNER)).toMatchObject({ steps: [], changes: [] });
});

test("two gas paymasters that differ are refused", () => {
  const other = { ...paymaster, beneficiary: SIGNER };
  const two = { ...wish, requiredHook: other };
  expect(() => planChain(two, new ModelChain(SIGNER).observe({}), SIGNER)).toThrow(
    expect.objectContaining({ code: "two-gas-paymasters" }),
  );
});
