import { type Address, type Hex, RpcError } from "@playbook/evm";
import { interfaceOf, runtimeOf } from "../src/contract.ts";
import { Look } from "../src/look.ts";
import { readHook } from "../src/read-hooks.ts";
import { account, SAFE } from "./wishes.ts";

const CONTRACT = "InterchainGasPaymaster";
const [mailbox, paymaster, oracle] = [21, 22, 23].map(account) as [Address, Address, Address];

const SAYS: Record<string, unknown[]> = {
  owner: [SAFE],
  beneficiary: [SAFE],
  quoteSigners: [[]],
  domains: [[7n]],
  destinationGasConfigs: [oracle, 5n],
};

/** A gas paymaster that asks an account for its prices, and a node that says this to that. */
function read(refusal: RpcError) {
  const send = async <Answer>(method: string, ...params: unknown[]) => {
    const [first] = params;
    if (method === "eth_getCode") {
      return (first === paymaster ? runtimeOf(CONTRACT) : "0x") as Answer;
    }
    const call = interfaceOf(CONTRACT).parseTransaction(first as { data: Hex });
    const said = SAYS[call?.name ?? ""];
    if (!said) throw refusal;
    return interfaceOf(CONTRACT).encodeFunctionResult(call?.fragment ?? "", said) as Answer;
  };
  return readHook(new Look({ send }, 1), paymaster, mailbox);
}

test("an oracle that answers nothing has no price", async () => {
  expect(await read(new RpcError(3, "execution reverted"))).toMatchObject({
    remotes: [{ domain: 7, oracle, overhead: 5n, gasPrice: 0n, tokenExchangeRate: 0n }],
  });
});

test("a price that a node does not say is not taken for nothing", async () => {
  const refusal = new RpcError(-32000, "missing trie node");
  await expect(read(refusal)).rejects.toBe(refusal);
});
