import { ask, quantity, type RpcCall, type RpcReply, type Upstream } from "./rpc.ts";

/** Where the methods that read state or blocks say which block they mean. */
const blockAt: Record<string, number> = {
  eth_call: 1,
  eth_createAccessList: 1,
  eth_estimateGas: 1,
  eth_feeHistory: 1,
  eth_getBalance: 1,
  eth_getBlockByNumber: 0,
  eth_getBlockReceipts: 0,
  eth_getCode: 1,
  eth_getProof: 2,
  eth_getStorageAt: 2,
  eth_getTransactionCount: 1,
};

/** Where the replies to these methods name the block of what they found. */
const foundIn: Record<string, string> = {
  eth_getBlockByHash: "number",
  eth_getTransactionByHash: "blockNumber",
  eth_getTransactionReceipt: "blockNumber",
};

/** The block a call means, as its caller wrote it; undefined when it means none. */
export function blockOf({ method, params }: RpcCall): string | undefined {
  const at = blockAt[method];
  if (at === undefined) return undefined;
  const block = params[at] ?? "latest";
  return typeof block === "string" ? block : undefined;
}

/** The same call about another block. */
export function withBlock(call: RpcCall, block: number): RpcCall {
  const params = [...call.params];
  params[blockAt[call.method] as number] = quantity(block);
  return { ...call, params };
}

/** A reply without what a node whose newest block is `head` cannot have seen. */
export function asSeenFrom(head: number, { method }: RpcCall, reply: RpcReply): RpcReply {
  if ("error" in reply) return reply;
  if (method === "eth_blockNumber") return { result: quantity(head) };

  const field = foundIn[method];
  const found = reply.result as Record<string, string | null> | null;
  const block = field === undefined ? undefined : found?.[field];
  return block && Number(block) > head ? { result: null } : reply;
}

/** Answers as a node would that is `blocks` behind `upstream`. */
export async function staleAnswer(
  upstream: Upstream,
  call: RpcCall,
  blocks: number,
): Promise<RpcReply> {
  const head = await behind(upstream, "latest", blocks);
  const block = blockOf(call);
  if (block === undefined) return asSeenFrom(head, call, await upstream(call));
  if (!block.startsWith("0x"))
    return upstream(withBlock(call, await behind(upstream, block, blocks)));
  if (Number(block) <= head) return upstream(call);

  if (call.method === "eth_getBlockByNumber") return { result: null };
  return { error: { code: -32000, message: "header not found" } };
}

async function behind(upstream: Upstream, tag: string, blocks: number): Promise<number> {
  if (tag === "earliest") return 0;
  const known = tag === "pending" ? "latest" : tag;
  const block = await ask<{ number: string }>(upstream, "eth_getBlockByNumber", known, false);
  return Math.max(0, Number(block.number) - blocks);
}
