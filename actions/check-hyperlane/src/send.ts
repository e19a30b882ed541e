import { type Context, reason } from "@playbook/action";
import { type Address, Endpoint, type Hex, type Signer, type Wire } from "@playbook/evm";
import { callOf, inserted, interfaceOf, pathOfNext, rootOf, type Tree } from "@playbook/hyperlane";
import {
  getBytes,
  hexlify,
  keccak256,
  Signature,
  Transaction,
  id as topicOf,
  toUtf8Bytes,
} from "ethers";
import type { Route } from "./journey.ts";
import { isLost } from "./lost.ts";
import type { Station } from "./station.ts";

const DISPATCHED = topicOf("Dispatch(address,uint32,bytes32,bytes)");
const INSERTED = topicOf("InsertedIntoTree(bytes32,uint32)");
const FORM = "(uint32,bytes32,bytes)";

/** A message on its way. */
export type Sent = {
  hash: Hex;
  /** When its block was made, in milliseconds since the epoch. */
  at: number;
  id: Hex;
  bytes: Hex;
  /** Where it is in the tree, and the tree's root then; null where it is in none. */
  place: { index: number; root: Hex; path: Hex[] } | null;
};

export type Attempt = { route: Route; sent: Sent | null; refusal: string | null };

type Receipt = { status: Hex; blockNumber: Hex; transactionHash: Hex; logs: Log[] };
type Log = { address: string; topics: Hex[]; data: Hex };

const PAUSE_MS = 1_000;

/** Sends a message on each route of one origin, one after another; none keeps the next from it. */
export async function sendFrom(
  origin: Station,
  ends: readonly Station[],
  { signer, text, patience }: { signer: Signer; text: string; patience: number },
  context: Context,
): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  for (const end of ends) {
    const route = { origin: origin.name, destination: end.name };
    try {
      const sent = await send(origin, end, { signer, text, patience }, context);
      context.progress(`${origin.name} > ${end.name}: ${sent.id} is dispatched`);
      attempts.push({ route, sent, refusal: null });
    } catch (error) {
      context.signal.throwIfAborted();
      attempts.push({ route, sent: null, refusal: reason(error) });
    }
  }
  return attempts;
}

async function send(
  origin: Station,
  { domain, testRecipient, name }: Station,
  { signer, text, patience }: { signer: Signer; text: string; patience: number },
  context: Context,
): Promise<Sent> {
  if (!testRecipient) throw new Error(`The registry has no testRecipient on ${name}.`);
  const { rpc, mailbox, planned } = origin;
  const recipient = `0x${testRecipient.slice(2).padStart(64, "0")}`;
  const args = [domain, recipient, hexlify(toUtf8Bytes(text))];
  // What is paid is no single node's word, as it would be at a tag.
  const quote = await rpc.send<Hex>(
    "eth_call",
    { to: mailbox, from: signer.address, data: callOf("Mailbox", `quoteDispatch${FORM}`, args) },
    `0x${planned.block.toString(16)}`,
  );
  const call = {
    to: mailbox,
    data: callOf("Mailbox", `dispatch${FORM}`, args),
    value: BigInt(quote),
  };
  const transaction = await signed(origin, call, signer);
  try {
    await handOver(origin, transaction);
    return await sentIn(origin, await receiptOf(rpc, transaction, patience, context));
  } catch (error) {
    if (!isLost(error)) throw error;
    throw new Error(
      `${transaction.hash} was sent, and what became of it is not known: ${reason(error)}`,
    );
  }
}

async function signed(
  { rpc, planned }: Station,
  { to, data, value }: { to: Address; data: Hex; value: bigint },
  signer: Signer,
): Promise<Transaction> {
  const from = signer.address;
  const call = { from, to, data, value: `0x${value.toString(16)}` };
  const [nonce, gas, price] = await Promise.all([
    rpc.send<Hex>("eth_getTransactionCount", from, "pending"),
    rpc.send<Hex>("eth_estimateGas", call),
    rpc.send<Hex>("eth_gasPrice"),
  ]);
  const gasPrice = BigInt(price) > planned.gasPrice ? BigInt(price) : planned.gasPrice;
  const fees =
    planned.fees === "legacy"
      ? { type: 0, gasPrice }
      : { type: 2, maxFeePerGas: 2n * gasPrice, maxPriorityFeePerGas: await tipOf(rpc, gasPrice) };
  const transaction = Transaction.from({
    ...{ chainId: planned.chainId, nonce: Number(nonce), to, data, value },
    gasLimit: (BigInt(gas) * 3n) / 2n,
    ...fees,
  });
  const { r, s, yParity } = await signer.sign(getBytes(transaction.unsignedHash));
  transaction.signature = Signature.from({ r, s, yParity });
  return transaction;
}

/**
 * Hands over the bytes. Where replies are lost they may be there, or in a block: a receipt tells.
 */
async function handOver({ rpc, name }: Station, transaction: Transaction): Promise<void> {
  const raw = transaction.serialized as Hex;
  const told = await new Endpoint(rpc).send(raw).catch(nothingIfLost);
  if (!told || told.verdict === "taken" || told.verdict === "known") return;
  if (told.verdict !== "nonce-spent") throw new Error(`${name} does not take it: ${told.said}`);
  if (await receiptFor(rpc, transaction)) return;
  const { nonce } = transaction;
  throw new Error(`${rpc.host} told nonce ${nonce} of the key, which is spent on ${name}.`);
}

function nothingIfLost(error: unknown): undefined {
  if (!isLost(error)) throw error;
}

async function tipOf(rpc: Wire, most: bigint): Promise<bigint> {
  const tip = BigInt(await rpc.send<Hex>("eth_maxPriorityFeePerGas"));
  return tip < most ? tip : most;
}

async function receiptOf(
  rpc: Wire,
  transaction: Transaction,
  patience: number,
  context: Context,
): Promise<Receipt> {
  const { hash, nonce } = transaction;
  const deadline = context.clock.now() + patience;
  for (;;) {
    const receipt = await receiptFor(rpc, transaction);
    if (receipt?.status === "0x1") return receipt;
    if (receipt) throw new Error(`${hash} reverted.`);
    if (context.clock.now() >= deadline) {
      throw new Error(`${hash}, which has nonce ${nonce}, is in no block yet.`);
    }
    await context.clock.sleep(PAUSE_MS, context.signal);
  }
}

function receiptFor(rpc: Wire, { hash }: Transaction): Promise<Receipt | null> {
  return rpc.send<Receipt | null>("eth_getTransactionReceipt", hash);
}

async function sentIn(origin: Station, receipt: Receipt): Promise<Sent> {
  const { rpc } = origin;
  const log = receipt.logs.find(({ topics }) => topics[0] === DISPATCHED);
  const [bytes] = log ? interfaceOf("TestRecipient").getAbiCoder().decode(["bytes"], log.data) : [];
  if (bytes === undefined) throw new Error(`${receipt.transactionHash} dispatched nothing.`);
  const block = await rpc.send<{ timestamp: Hex }>(
    "eth_getBlockByNumber",
    receipt.blockNumber,
    false,
  );
  const id = keccak256(bytes) as Hex;
  return {
    ...{ hash: receipt.transactionHash, at: Number(block.timestamp) * 1000, id, bytes },
    place: await placeOf(origin, Number(receipt.blockNumber), id),
  };
}

/** The tree is known as of a block's end: what came into it in this block is added one by one. */
async function placeOf({ rpc, merkleTreeHook }: Station, block: number, id: Hex) {
  if (!merkleTreeHook) return null;
  const at = `0x${block.toString(16)}`;
  const before = `0x${(block - 1).toString(16)}`;
  const [answer, logs] = await Promise.all([
    rpc.send<Hex>(
      "eth_call",
      { to: merkleTreeHook, data: callOf("MerkleTreeHook", "tree", []) },
      before,
    ),
    rpc.send<Log[]>("eth_getLogs", {
      address: merkleTreeHook,
      fromBlock: at,
      toBlock: at,
      topics: [INSERTED],
    }),
  ]);
  const [[branch, count]] = interfaceOf("MerkleTreeHook").decodeFunctionResult("tree", answer);
  let tree: Tree = { branch: [...branch], count: Number(count) };
  for (const { data } of logs) {
    const messageId = data.slice(0, 66) as Hex;
    const path = pathOfNext(tree);
    tree = inserted(tree, messageId);
    if (messageId === id) return { index: tree.count - 1, root: rootOf(tree), path };
  }
  return null;
}
