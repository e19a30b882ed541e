import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { until } from "@playbook/world";
import { concat, dataLength, dataSlice, getBytes, Signature, id as topicOf, Wallet } from "ethers";
import { interfaceOf } from "../src/contract.ts";
import { digestOf, dispatch, lastReceived, type Message } from "./message.ts";
import { checkpoint, isDelivered, type Network, openNetwork, type Signing } from "./network.ts";
import { type Relayer, startRelayer } from "./relayer.ts";
import { contractOf, type Site } from "./site.ts";

let network: Network;
let here: Site;
let there: Site;
let signing: [Signing, Signing, Signing];
let relayer: Relayer;
beforeAll(async () => {
  network = await openNetwork([5, 10012]);
  [here, there] = network.sites as [Site, Site];
  signing = network.validators[0] as [Signing, Signing, Signing];
  relayer = await startRelayer(network);
}, 600_000);
afterAll(async () => {
  await relayer?.[Symbol.asyncDispose]();
  await network?.[Symbol.asyncDispose]();
});

const mailbox = interfaceOf("Mailbox");
const PROCESSED = topicOf("ProcessId(bytes32)");

/** Who signs, in their order; the others are silent from now on. */
async function sign(...who: Signing[]): Promise<void> {
  await Promise.all(
    signing.map((one) => one.process.behave(who.includes(one) ? {} : { stopsAt: 0 })),
  );
}

const arrives = ({ id }: Message) => until(() => isDelivered(there, id));

/** Waits until the relayer has tried in vain. */
async function fails({ id }: Message): Promise<void> {
  await until(async () => relayer.process.output().includes(`Failed to relay message ${id}`));
  expect(await isDelivered(there, id)).toBe(false);
}

/** What the relayer has brought a message with, and the block that it came in. */
async function proofOf({ id }: Message) {
  const contract = contractOf(there, "mailbox", "Mailbox");
  const [event] = await contract.queryFilter([PROCESSED, id]);
  const data = (await event?.getTransaction())?.data ?? "";
  const [proof] = mailbox.decodeFunctionData("process", data);
  return { proof: String(proof), block: event?.blockNumber ?? 0 };
}

/** What the mailbox would have said to a proof right before a block. */
async function wouldSay(proof: string, { bytes }: Message, block: number): Promise<string> {
  const process = contractOf(there, "mailbox", "Mailbox").getFunction("process");
  return process.staticCall(proof, bytes, { blockTag: block - 1 }).then(
    () => "accepted",
    (error: { reason?: string }) => String(error.reason),
  );
}

test("a message arrives with two signatures of three, in their order, and once", async () => {
  const [first, , third] = signing;
  await sign(first, third);

  const message = await dispatch(here, there, "two of three");
  await arrives(message);

  expect(await lastReceived(there)).toBe("two of three");
  const { proof, block } = await proofOf(message);
  const [head, one, two] = [
    dataSlice(proof, 0, 68),
    dataSlice(proof, 68, 133),
    dataSlice(proof, 133, 198),
  ] as const;
  expect(dataLength(proof)).toBe(198);
  const after = (signatures: string[]) => wouldSay(concat([head, ...signatures]), message, block);
  expect(await after([one, two])).toBe("accepted");
  expect(await after([two, one])).not.toBe("accepted");
  expect(await after([one, one])).not.toBe("accepted");
  expect(await after([one])).not.toBe("accepted");
  expect(await wouldSay(proof, message, block + 1)).toBe("Mailbox: already delivered");
}, 300_000);

test("with one signature it waits, and arrives when there is a second", async () => {
  const [first, second] = signing;
  await sign(first);

  const message = await dispatch(here, there, "one of three");
  await fails(message);

  await sign(first, second);
  await arrives(message);
}, 300_000);

test("another root and a stranger's signature do not count", async () => {
  const [first, second, third] = signing;
  await sign(first);
  const message = await dispatch(here, there, "one, a liar and a stranger");
  const index = Number(message.index);
  await third.process.behave({ signsWrongRoot: true });
  const right = JSON.parse(await checkpoint(network.aws, first.bucket, index));
  await checkpoint(network.aws, third.bucket, index);
  await forge(second.bucket, message, right);

  await fails(message);

  // It looks at no checkpoint twice, so that this message stays where it is.
  await sign(first, second);
  await arrives(await dispatch(here, there, "two who tell the truth"));
}, 300_000);

/** Lays a stranger's signature into a validator's bucket. */
async function forge(bucket: string, message: Message, right: object): Promise<void> {
  const signed = await Wallet.createRandom().signMessage(getBytes(digestOf(message)));
  const { r, s, v } = Signature.from(signed);
  const forged = { ...right, signature: { r, s, v }, serialized_signature: signed };
  const put = (name: string, text: string) =>
    new S3Client(network.aws.clientConfig()).send(
      new PutObjectCommand({ Bucket: bucket, Key: name, Body: text }),
    );
  await put(`checkpoint_${message.index}_with_id.json`, JSON.stringify(forged));
  await put("checkpoint_latest_index.json", String(message.index));
}
