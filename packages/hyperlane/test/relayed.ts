import { concat, dataLength, dataSlice, getBytes, id as topicOf, Wallet } from "ethers";
import { interfaceOf } from "../src/contract.ts";
import { digestOf, type Message } from "./message.ts";
import { contractOf, type Site } from "./site.ts";

const mailbox = interfaceOf("Mailbox");
const PROCESSED = topicOf("ProcessId(bytes32)");

/** What a relayer has brought a message with, and the block that it came in. */
async function proofOf(there: Site, { id }: Message) {
  const contract = contractOf(there, "mailbox", "Mailbox");
  const [event] = await contract.queryFilter([PROCESSED, id]);
  const data = (await event?.getTransaction())?.data ?? "";
  const [proof] = mailbox.decodeFunctionData("process", data);
  return { proof: String(proof), block: event?.blockNumber ?? 0 };
}

/** What the mailbox would have said to a proof right before a block. */
async function wouldSay(there: Site, proof: string, { bytes }: Message, block: number) {
  const process = contractOf(there, "mailbox", "Mailbox").getFunction("process");
  return process.staticCall(proof, bytes, { blockTag: block - 1 }).then(
    () => "accepted",
    (error: { reason?: string }) => String(error.reason),
  );
}

/**
 * A message that arrived has come with two signatures; the mailbox would have taken neither one of
 * them, nor a stranger's, nor another order, and does not take the same again.
 */
export async function assertNothingLess(there: Site, message: Message): Promise<void> {
  const { proof, block } = await proofOf(there, message);
  const head = dataSlice(proof, 0, 68);
  const [one, two] = [dataSlice(proof, 68, 133), dataSlice(proof, 133, 198)];
  expect(dataLength(proof)).toBe(198);
  const stranger = await Wallet.createRandom().signMessage(getBytes(digestOf(message)));
  const after = (...signatures: string[]) =>
    wouldSay(there, concat([head, ...signatures]), message, block);
  expect(await after(one, two)).toBe("accepted");
  expect(await after(two, one)).not.toBe("accepted");
  expect(await after(one, one)).not.toBe("accepted");
  expect(await after(one)).not.toBe("accepted");
  expect(await after(one, stranger)).not.toBe("accepted");
  expect(await after(stranger, two)).not.toBe("accepted");
  expect(await wouldSay(there, proof, message, block + 1)).toBe("Mailbox: already delivered");
}
