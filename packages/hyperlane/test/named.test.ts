import type { Address, Hex } from "@playbook/evm";
import { interfaceOf, runtimeOf } from "../src/contract.ts";
import type { ContractName, Desired, Hook, Ism, Observed } from "../src/index.ts";
import { lookedUp, namesAddresses } from "../src/index.ts";
import { account, SAFE, UNSAID } from "./wishes.ts";

const [mailbox, multisig, tree, other, nothing] = [21, 22, 23, 24, 25].map(account) as [
  Address,
  Address,
  Address,
  Address,
  Address,
];
const validators = [account(11), account(12)];

const THERE: Record<Address, { contract: ContractName; says: Record<string, unknown[]> }> = {
  [multisig]: {
    contract: "StorageMessageIdMultisigIsm",
    says: { validatorsAndThreshold: [validators, 2] },
  },
  [tree]: { contract: "MerkleTreeHook", says: { mailbox: [mailbox] } },
  [other]: { contract: "MerkleTreeHook", says: { mailbox: [account(26)] } },
};

/** A chain that has these contracts and nothing else. */
const wire = {
  send: async <Answer>(method: string, ...params: unknown[]) => {
    const [first] = params;
    if (method === "eth_getCode") {
      const found = THERE[first as Address];
      return (found ? runtimeOf(found.contract) : "0x") as Answer;
    }
    const { to, data } = first as { to: Address; data: Hex };
    const { contract = "Mailbox", says = {} } = THERE[to] ?? {};
    const called = interfaceOf(contract).parseTransaction({ data });
    const fragment = called?.fragment ?? "";
    return interfaceOf(contract).encodeFunctionResult(fragment, says[called?.name ?? ""]) as Answer;
  },
};

const at = (address: Address) => ({ type: "foreign" as const, address });

function wish(defaultIsm: Ism, requiredHook: Hook): Desired {
  const owners = { owner: SAFE, proxyAdminOwner: SAFE, timelock: undefined };
  return {
    ...{ chain: "here", domain: 1, defaultIsm, defaultHook: { type: "merkleTreeHook" } },
    ...{ ...owners, requiredHook, interchainAccounts: UNSAID, permit2: null },
  };
}

const look = (desired: Desired, core: object | null = { mailbox }) =>
  lookedUp(wire, desired, { block: 1, core } as Observed);

const routed = (ism: Ism): Ism => ({
  ...{ type: "domainRoutingIsm", owner: SAFE },
  routes: [{ domain: 7, ism: { type: "staticAggregationIsm", modules: [ism], threshold: 1 } }],
});

test("modules and hooks by their addresses are what stands there, wherever they are named", async () => {
  const hooks: Hook = { type: "aggregationHook", hooks: [at(tree)] };
  const desired = wish(routed(at(multisig)), hooks);
  expect(namesAddresses(desired)).toBe(true);

  expect(await look(desired)).toMatchObject({
    ...wish(routed({ type: "storageMessageIdMultisigIsm", validators, threshold: 2 }), {
      type: "aggregationHook",
      hooks: [{ type: "merkleTreeHook" }],
    }),
  });
});

test("what is not known, and the tree of another mailbox, stay what they are called", async () => {
  const desired = wish(at(nothing), at(other));
  expect(await look(desired)).toMatchObject(desired);

  const early = wish(at(nothing), at(tree));
  expect(await look(early, null)).toMatchObject(early);
});

test("a wish that names no address asks nobody", async () => {
  const desired = wish(routed({ type: "testIsm" }), { type: "merkleTreeHook" });
  expect(namesAddresses(desired)).toBe(false);
  expect(await look(desired)).toBeUndefined();
});
