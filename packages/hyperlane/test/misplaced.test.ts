import { type Address, RpcError } from "@playbook/evm";
import { AbiCoder, Interface } from "ethers";
import { NOBODY } from "../src/contract.ts";
import { contracts } from "../src/contracts.generated.ts";
import { misplaced, misplacedTree } from "../src/index.ts";
import { account } from "./wishes.ts";

type Five = [Address, Address, Address, Address, Address];

const DOMAIN = 5;
const [mailbox, announce, tree, paymaster, other] = [1, 2, 3, 4, 5].map(account) as Five;

type Answers = Record<string, unknown>;

/** What answers at each address, by the names of methods. */
const there: Record<Address, Answers> = {
  [mailbox]: { localDomain: DOMAIN, defaultHook: tree, requiredHook: paymaster },
  [announce]: { mailbox },
  [tree]: { mailbox, count: 7 },
  [paymaster]: { hookType: 4 },
};

const METHODS: Record<string, string> = {
  ...{ localDomain: "uint32", mailbox: "address", count: "uint32", hookType: "uint8" },
  ...{ defaultHook: "address", requiredHook: "address" },
};

const selector = (name: string) =>
  new Interface([`function ${name}()`]).getFunction(name)?.selector ?? "";

/** A chain of these contracts; `codes` are those of contracts that are told by theirs. */
function wireTo(all: Record<Address, Answers>, codes: Record<Address, string> = {}) {
  return {
    async send<Result>(method: string, ...params: unknown[]): Promise<Result> {
      if (method === "eth_blockNumber") return "0x10" as Result;
      if (method === "eth_getCode") {
        const at = params[0] as Address;
        return (codes[at] ?? (at in all ? "0x01" : "0x")) as Result;
      }
      const { to, data } = params[0] as { to: Address; data: string };
      const name = Object.keys(METHODS).find((one) => selector(one) === data) ?? "";
      const value = all[to]?.[name];
      if (value === undefined) throw new RpcError(3, "execution reverted");
      return AbiCoder.defaultAbiCoder().encode([METHODS[name] ?? ""], [value]) as Result;
    },
  };
}

const listed = {
  ...{ mailbox, validatorAnnounce: announce },
  ...{ merkleTreeHook: tree, interchainGasPaymaster: paymaster },
};

test("addresses are well behind which is what they are listed as; nobody is no paymaster", async () => {
  expect(await misplaced(wireTo(there), DOMAIN, listed)).toBeUndefined();
  const without = { ...listed, interchainGasPaymaster: NOBODY };
  expect(await misplaced(wireTo(there), DOMAIN, without)).toBeUndefined();
});

test.each<[string, object, string, string]>([
  ["a tree without code", { merkleTreeHook: other }, "merkleTreeHook", "no code"],
  ["an announcement as a tree", { merkleTreeHook: announce }, "merkleTreeHook", "no merkle tree"],
  ["a paymaster as a tree", { merkleTreeHook: paymaster }, "merkleTreeHook", "no mailbox"],
  ["a paymaster without code", { interchainGasPaymaster: other }, "interchainGasPaymaster", "code"],
  ["a tree as paymaster", { interchainGasPaymaster: tree }, "interchainGasPaymaster", "no gas"],
  ["another domain's mailbox", { mailbox: announce }, "mailbox", "no mailbox"],
])("%s is named", async (_, over, name, why) => {
  const found = await misplaced(wireTo(there), DOMAIN, { ...listed, ...over });
  expect(found).toEqual({ name, why: expect.stringContaining(why) });
});

test("a tree of another mailbox is none of this one's", async () => {
  const strange = { ...there, [tree]: { mailbox: other, count: 7 } };
  const found = await misplaced(wireTo(strange), DOMAIN, listed);
  expect(found).toEqual({ name: "merkleTreeHook", why: expect.stringContaining(other) });
});

/** What a tree's creation leaves behind. */
const { bytecode } = contracts.MerkleTreeHook;
const treeCode = `0x${bytecode.slice(bytecode.indexOf("f3fe") + 4)}`;

test("a tree that the mailbox's messages do not pass is told, unless a hook may hide it", async () => {
  const old = { ...there, [other]: { mailbox, count: 0 } };
  const where = { mailbox, merkleTreeHook: other };
  const codes = { [tree]: treeCode, [paymaster]: treeCode };

  const found = await misplacedTree(wireTo(old, codes), where);
  expect(found).toEqual({ name: "merkleTreeHook", why: expect.stringContaining(tree) });
  expect(await misplacedTree(wireTo(old, codes), { ...where, merkleTreeHook: tree })).toBe(
    undefined,
  );
  const hidden = { [tree]: treeCode };
  expect(await misplacedTree(wireTo(old, hidden), where)).toBeUndefined();
  expect(await misplacedTree(wireTo(old), where)).toBeUndefined();
});
