import type { Address } from "@playbook/evm";
import {
  AbiCoder,
  concat,
  getBytes,
  keccak256,
  solidityPackedKeccak256,
  toBeHex,
  id as topicOf,
  toUtf8Bytes,
  type Wallet,
  zeroPadValue,
} from "ethers";
import { contractOf, type Site } from "./site.ts";

export type Message = { bytes: string; id: string; origin: Site; root: string; index: bigint };

const DISPATCH = topicOf("Dispatch(address,uint32,bytes32,bytes)");

const word = (address: string) => zeroPadValue(address, 32);

/** Sends a message to the test recipient of another chain. */
export async function dispatch(origin: Site, destination: Site, text: string): Promise<Message> {
  const mailbox = contractOf(origin, "mailbox", "Mailbox");
  const tree = contractOf(origin, "merkleTreeHook", "MerkleTreeHook");
  const recipient = word(destination.addresses.testRecipient as Address);
  const args = [destination.chain.id, recipient, toUtf8Bytes(text)] as const;
  const form = "(uint32,bytes32,bytes)";
  const value = await mailbox.getFunction(`quoteDispatch${form}`).staticCall(...args);
  const nonce = await mailbox.getFunction("nonce").staticCall();
  const sent = await mailbox.getFunction(`dispatch${form}`).send(...args, { value });
  await sent.wait();
  const [root, index] = await tree.getFunction("latestCheckpoint").staticCall();
  const bytes = concat([
    "0x03",
    toBeHex(nonce, 4),
    toBeHex(origin.chain.id, 4),
    word(origin.signer.address),
    toBeHex(destination.chain.id, 4),
    recipient,
    toUtf8Bytes(text),
  ]);
  return { bytes, id: keccak256(bytes), origin, root, index };
}

/** The newest message of a chain, whoever sent it. */
export async function newestOf(origin: Site): Promise<Message> {
  const { mailbox } = origin.addresses;
  const filter = { address: mailbox, topics: [DISPATCH], fromBlock: "0x0" };
  const logs = await origin.chain.send<{ data: string }[]>("eth_getLogs", [filter]);
  const [bytes] = AbiCoder.defaultAbiCoder().decode(["bytes"], logs.at(-1)?.data ?? "0x");
  const tree = contractOf(origin, "merkleTreeHook", "MerkleTreeHook");
  const [root, index] = await tree.getFunction("latestCheckpoint").staticCall();
  return { bytes, id: keccak256(bytes), origin, root, index };
}

/** What a validator signs of a message, by EIP-191. */
export function digestOf({ origin, root, index, id }: Message): string {
  const tree = word(origin.addresses.merkleTreeHook as Address);
  const domain = solidityPackedKeccak256(
    ["uint32", "bytes32", "string"],
    [origin.chain.id, tree, "HYPERLANE"],
  );
  return solidityPackedKeccak256(
    ["bytes32", "bytes32", "uint32", "bytes32"],
    [domain, root, index, id],
  );
}

/** What the message-id multisig module wants to see: the checkpoint, and signatures in order. */
export async function multisigProof(message: Message, signers: Wallet[]): Promise<string> {
  const { origin, root, index } = message;
  const tree = word(origin.addresses.merkleTreeHook as Address);
  const digest = getBytes(digestOf(message));
  const signatures = signers.map((signer) => signer.signMessage(digest));
  return concat([tree, root, toBeHex(index, 4), ...(await Promise.all(signatures))]);
}

/** What an aggregation module wants: where each module's part lies, then the parts. */
export function aggregated(parts: (string | undefined)[]): string {
  let at = 8 * parts.length;
  const places = parts.map((part) => {
    if (part === undefined) return "0x0000000000000000";
    const end = at + (part.length - 2) / 2;
    const place = concat([toBeHex(at, 4), toBeHex(end, 4)]);
    at = end;
    return place;
  });
  return concat([...places, ...parts.map((part) => part ?? "0x")]);
}

/** Whether a mailbox would take a message with a proof: the words of its refusal else. */
export async function accepts(site: Site, proof: string, { bytes }: Message): Promise<string> {
  const mailbox = contractOf(site, "mailbox", "Mailbox");
  try {
    await mailbox.getFunction("process").staticCall(proof, bytes);
    return "accepted";
  } catch (error) {
    return String((error as { reason?: string }).reason);
  }
}

/** What the test recipient got last. */
export async function lastReceived(site: Site): Promise<string> {
  const data = await site.chain.send<string>("eth_call", [
    { to: site.addresses.testRecipient, data: keccak256(toUtf8Bytes("lastData()")).slice(0, 10) },
    "latest",
  ]);
  const [bytes] = AbiCoder.defaultAbiCoder().decode(["bytes"], data);
  return Buffer.from(getBytes(bytes)).toString();
}
