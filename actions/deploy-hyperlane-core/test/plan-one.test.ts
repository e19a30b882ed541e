import { contextForTests } from "@playbook/action/testing";
import type { Quorums } from "@playbook/broadcast";
import type { Source } from "@playbook/hyperlane";
import { answering, by, type Node } from "../../../packages/evm/test/answering.ts";
import { planOne } from "../src/plan/plan-one.ts";

const OWNER = `0x${"1".repeat(40)}` as const;

const nodes: Node[] = [];
afterEach(async () => {
  for (const node of nodes.splice(0)) await node[Symbol.asyncDispose]();
});

/** Plans chain 5 through nodes that say these numbers of it. */
async function planned(ids: readonly string[], quorum: Quorums = []) {
  const own = await Promise.all(ids.map((eth_chainId) => answering(by({ eth_chainId }))));
  nodes.push(...own);
  const hook = { type: "merkleTreeHook" };
  const ism = { type: "testIsm" };
  const source = {
    chain: { name: "five", chainId: 5, domainId: 5, rpcUrls: [], blocks: {}, nativeToken: {} },
    config: { owner: OWNER, defaultIsm: ism, defaultHook: hook, requiredHook: hook },
    configText: "",
    metadata: {},
    known: {},
  } as unknown as Source;
  const rpcUrls = own.map(({ url }) => ({ name: "five", value: url }));
  const inputs = { repository: "acme/five", environment: "test", commit: null, rpcUrls, quorum };
  return planOne(source, { five: 5 }, { ...inputs, sender: OWNER }, contextForTests());
}

test("a chain is planned by what its nodes say alike, and not by the first that answers", async () => {
  await expect(planned(["0x5", "0x7", "0x7"])).rejects.toMatchObject({ code: "wrong-chain" });
});

test("as many have to agree as are asked for", async () => {
  await expect(planned(["0x5", "0x5"], [{ name: "five", count: 3 }])).rejects.toMatchObject({
    code: "too-few-endpoints",
  });
});
