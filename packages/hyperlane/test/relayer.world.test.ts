import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { until } from "@playbook/world";
import { getBytes, Signature, Wallet } from "ethers";
import { digestOf, dispatch, lastReceived, type Message } from "./message.ts";
import { checkpoint, isDelivered, type Network, openNetwork, type Signing } from "./network.ts";
import { assertNothingLess } from "./relayed.ts";
import { type Relayer, startRelayer } from "./relayer.ts";
import type { Site } from "./site.ts";

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

test("a message arrives with two signatures of three, in their order, and once", async () => {
  const [first, , third] = signing;
  await sign(first, third);

  const message = await dispatch(here, there, "two of three");
  await arrives(message);

  expect(await lastReceived(there)).toBe("two of three");
  await assertNothingLess(there, message);
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
