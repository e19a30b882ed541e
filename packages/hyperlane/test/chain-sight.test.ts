import type { Address, Hex } from "@playbook/evm";
import { interfaceOf, runtimeOf } from "../src/contract.ts";
import { type KnownChain, lookAtDestination } from "../src/index.ts";
import { account } from "./wishes.ts";

const [mailbox, ism] = [21, 22].map(account) as [Address, Address];
const validators = [account(11), account(12)];

const HEAD = 100;
/** The block that the mailbox was made in. */
const MADE = 95;

const wire = {
  send: async <Answer>(method: string, ...params: unknown[]) => {
    if (method === "eth_blockNumber") return `0x${HEAD.toString(16)}` as Answer;
    const [first, block] = params as [unknown, Hex];
    // As a node refuses what is no block.
    if (!/^0x[0-9a-f]+$/.test(block)) throw new Error(`invalid argument: ${block}`);
    const isThere = Number(block) >= MADE;
    if (method === "eth_getCode") {
      const code = first === ism ? runtimeOf("StorageMessageIdMultisigIsm") : "0x01";
      return (isThere ? code : "0x") as Answer;
    }
    if (!isThere) return "0x" as Answer;
    const { to, data } = first as { to: Address; data: Hex };
    const contract = to === mailbox ? "Mailbox" : "StorageMessageIdMultisigIsm";
    const fragment = interfaceOf(contract).parseTransaction({ data })?.fragment ?? "";
    const answer = to === mailbox ? [ism] : [validators, 2];
    return interfaceOf(contract).encodeFunctionResult(fragment, answer) as Answer;
  },
};

test("a mailbox that is newer than where agents begin is no reason not to see its ISM", async () => {
  const chain = { name: "here", mailbox, index: { from: 1 }, blocks: { reorgPeriod: 10 } };
  const { quorums, unknown } = await lookAtDestination(wire, chain as KnownChain, new Map());

  expect(unknown).toEqual([]);
  expect(quorums).toEqual([
    expect.objectContaining({ validators, threshold: 2, isCurrent: true, isFinal: false }),
  ]);
});

test("of a chain with fewer blocks than its reorgPeriod nothing is final", async () => {
  const chain = { name: "here", mailbox, index: { from: 1 }, blocks: { reorgPeriod: HEAD + 1 } };
  const { quorums } = await lookAtDestination(wire, chain as KnownChain, new Map());

  expect(quorums).toEqual([expect.objectContaining({ isCurrent: true, isFinal: false })]);
});
