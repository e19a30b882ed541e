import { type Address, type Hex, RpcError } from "@playbook/evm";
import { interfaceOf, runtimeOf } from "../src/contract.ts";
import { type Desired, desiredOn, planChain, readCoreConfig } from "../src/index.ts";
import { Look } from "../src/look.ts";
import type { Claimed, StandingHook, StandingIsm } from "../src/model.ts";
import { readClaimed } from "../src/read-claimed.ts";
import { ModelChain } from "./model-chain.ts";
import { account, SAFE, SIGNER } from "./wishes.ts";

const THERE = account(40);
const tree = { type: "merkleTreeHook" };
const pausable = { type: "pausableIsm", owner: SAFE, paused: false };
const placed = { ...pausable, address: THERE };
const multisig = {
  ...{ type: "messageIdMultisigIsm", threshold: 2 },
  validators: [11, 12, 13].map(account),
};
const aggregated = (...modules: object[]) => ({
  ...{ type: "staticAggregationIsm", threshold: modules.length, modules },
});

function wish(defaultIsm: object, over: object = {}): Desired {
  const config = { owner: SAFE, defaultIsm, defaultHook: tree, requiredHook: tree, ...over };
  return desiredOn("here", readCoreConfig(JSON.stringify(config), "a"), { here: 1, there: 2 });
}

const isms = (...found: object[]): Claimed => {
  const entries = (found as StandingIsm[]).map((one) => [one.address, one] as const);
  return { isms: new Map(entries), hooks: new Map() };
};
const hooks = (...found: object[]): Claimed => {
  const entries = (found as StandingHook[]).map((one) => [one.address, one] as const);
  return { isms: new Map(), hooks: new Map(entries) };
};

/** What is planned for a new chain where this is there already. */
const planned = (desired: Desired, claimed: Claimed) => {
  return planChain(desired, { ...new ModelChain(SIGNER).observe({}), claimed }, SIGNER);
};

const made = ({ steps }: ReturnType<typeof planChain>) =>
  steps.flatMap(({ creates }) => creates).map(({ contract }) => contract as string);

test("a module that is where the config says, and just what it says, is taken", () => {
  const plan = planned(wish(aggregated(multisig, placed)), isms(placed));

  expect(made(plan)).not.toContain("PausableIsm");
  expect(plan.changes).toEqual([]);
  const set = plan.steps.find(({ label }) =>
    label.startsWith("StaticAggregationIsmFactory.deploy"),
  );
  expect(set?.label).toContain(THERE);
});

test.each([
  ["of somebody else", { ...placed, owner: account(3) }, "has other owner"],
  ["that is paused", { ...placed, paused: true }, "has other paused"],
  ["of another kind", { type: "testIsm", address: THERE }, "is no pausableIsm of this mailbox"],
  ["that is not known", { type: "foreign", address: THERE }, "is no pausableIsm of this mailbox"],
])("one %s is not, and that is told", (_, found, flaw) => {
  const plan = planned(wish(aggregated(multisig, placed)), isms(found));

  expect(made(plan)).toContain("PausableIsm");
  expect(plan.changes).toEqual([
    {
      subject: "default ISM, module 2: address",
      from: `${THERE}, which ${flaw}`,
      to: expect.stringMatching(/^0x/),
    },
  ]);
});

test("what stands is taken to another place as it is", () => {
  const chain = new ModelChain(SIGNER);
  const routing = { type: "domainRoutingIsm", owner: SAFE, domains: { there: multisig } };
  const first = planChain(wish(routing), chain.observe({}), SIGNER);
  chain.apply(first);
  const observed = chain.observe(first.addresses);
  const root = observed.core?.defaultIsm as StandingIsm;
  const moved = wish(aggregated({ ...routing, address: root.address }, pausable));

  const plan = planChain(moved, { ...observed, claimed: isms(root) }, SIGNER);

  expect(plan.steps.map(({ label }) => label.replace(/\(.*/, ""))).toEqual([
    ...["new PausableIsm", "StaticAggregationIsmFactory.deploy"],
  ]);
  expect(plan.proposals.map(({ label }) => label)).toEqual([
    expect.stringContaining("Mailbox.setDefaultIsm"),
  ]);
});

test("what another place changes is not what this one says any more", () => {
  const chain = new ModelChain(SIGNER);
  const first = planChain(wish(aggregated(multisig, pausable)), chain.observe({}), SIGNER);
  chain.apply(first);
  const observed = chain.observe(first.addresses);
  const root = observed.core?.defaultIsm as StandingIsm & { modules: StandingIsm[] };
  const part = root.modules.find(({ type }) => type === "pausableIsm") as StandingIsm;
  const owner = account(5);
  const changed = wish(
    aggregated(
      multisig,
      { ...pausable, owner },
      aggregated({ ...pausable, address: part.address }),
    ),
  );

  const plan = planChain(changed, { ...observed, claimed: isms(part) }, SIGNER);

  expect(made(plan)).toContain("PausableIsm");
  expect(plan.changes).toContainEqual({
    subject: expect.stringContaining("address"),
    from: `${part.address}, which is changed for another place`,
    to: expect.stringMatching(/^0x/),
  });
});

test("a hook is taken likewise, and its tree is the chain's", () => {
  const hook = { type: "aggregationHook", hooks: [tree, { ...pausable, type: "pausableHook" }] };
  const found = {
    ...{ type: "aggregationHook", address: THERE },
    hooks: [
      { ...tree, address: account(41) },
      { ...pausable, type: "pausableHook", address: account(42) },
    ],
  };
  const over = { requiredHook: { ...hook, address: THERE } };

  const plan = planned(wish(multisig, { ...over, defaultHook: tree }), hooks(found));

  expect(made(plan)).not.toContain("MerkleTreeHook");
  expect(made(plan)).not.toContain("PausableHook");
  expect(plan.addresses.merkleTreeHook).toBe(account(41));
});

test("a tree is not taken where the chain has another", () => {
  const chain = new ModelChain(SIGNER);
  const first = planChain(wish(multisig), chain.observe({}), SIGNER);
  chain.apply(first);
  const over = { requiredHook: { type: "aggregationHook", hooks: [{ ...tree, address: THERE }] } };
  const observed = chain.observe(first.addresses);

  const claimed = hooks({ ...tree, address: THERE });
  const plan = planChain(wish(multisig, over), { ...observed, claimed }, SIGNER);

  expect(plan.addresses.merkleTreeHook).toBe(first.addresses.merkleTreeHook);
});

test("what is read is what stands there, by its code", async () => {
  const says: Record<string, unknown[]> = { owner: [SAFE], paused: [true], mailbox: [account(9)] };
  const codes: Record<Address, Hex> = {
    [THERE]: runtimeOf("PausableIsm"),
    [account(41)]: runtimeOf("MerkleTreeHook"),
  };
  const send = async <Answer>(method: string, ...[first]: unknown[]) => {
    if (method === "eth_getCode") return (codes[first as Address] ?? "0x") as Answer;
    const { to, data } = first as { to: Address; data: Hex };
    const contract = to === THERE ? "PausableIsm" : "MerkleTreeHook";
    const call = interfaceOf(contract).parseTransaction({ data });
    if (!call) throw new RpcError(3, "execution reverted");
    return interfaceOf(contract).encodeFunctionResult(
      ...[call.fragment, says[call.name]],
    ) as Answer;
  };
  const over = { requiredHook: { ...tree, address: account(41) } };

  const found = await readClaimed(new Look({ send }, 1), wish(placed, over), null);

  expect([...found.isms]).toEqual([[THERE, { ...placed, paused: true }]]);
  expect([...found.hooks]).toEqual([[account(41), { type: "foreign", address: account(41) }]]);
});
