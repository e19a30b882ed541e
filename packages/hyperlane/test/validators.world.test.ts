import { until } from "@playbook/world";
import { dispatch } from "./message.ts";
import { checkpoint, type Network, openNetwork, type Signing } from "./network.ts";
import { contractOf, type Site } from "./site.ts";

let network: Network;
let here: Site;
let there: Site;
let signing: Signing[];
beforeAll(async () => {
  network = await openNetwork([5, 10012]);
  [here, there] = network.sites as [Site, Site];
  signing = network.validators[0] ?? [];
}, 600_000);
afterAll(() => network?.[Symbol.asyncDispose]());

const send = (text: string) => dispatch(here, there, text);
const one = () => signing[0] as Signing;
const rootIn = (text: string) => JSON.parse(text).value.checkpoint.root;

/** What somebody is told who asks a bucket without credentials. */
async function read(name: string, { bucket } = one()): Promise<string | undefined> {
  const reply = await fetch(`${network.aws.url}/${bucket}/${name}`);
  return reply.ok ? reply.text() : undefined;
}

test("each validator announces its bucket once, and signs each checkpoint", async () => {
  const { index, root, id } = await send("to be signed");

  const texts = await Promise.all(
    signing.map(({ bucket }) => checkpoint(network.aws, bucket, Number(index))),
  );

  for (const text of texts) {
    expect(JSON.parse(text).value).toMatchObject({ checkpoint: { root }, message_id: id });
  }
  expect(new Set(texts.map((text) => JSON.parse(text).serialized_signature)).size).toBe(3);
  expect(await read("checkpoint_latest_index.json")).toBe(String(index));
  expect(JSON.parse((await read("metadata_latest.json")) ?? "")).toHaveProperty("git_sha");
  expect(await read("reorg_flag.json")).toBeUndefined();
  const announce = contractOf(here, "validatorAnnounce", "ValidatorAnnounce");
  const addresses = signing.map(({ address }) => address);
  const told = await announce.getFunction("getAnnouncedStorageLocations").staticCall(addresses);
  expect(told.map(String)).toEqual(signing.map(({ bucket }) => `s3://${bucket}/us-east-1`));
}, 300_000);

test("one that was away signs what it has missed", async () => {
  await one().process.down();
  const { index } = await send("missed");
  const { root } = await send("missed as well");
  await one().process.up();

  const text = await checkpoint(network.aws, one().bucket, Number(index) + 1);
  expect(rootIn(text)).toBe(root);
  expect(await checkpoint(network.aws, one().bucket, Number(index))).toContain('"index"');
  expect(one().process.output()).not.toContain("Announcing");
}, 300_000);

test("one that lies signs another root, and one that has stopped signs nothing", async () => {
  const [liar, idle, right] = signing as [Signing, Signing, Signing];
  await liar.process.behave({ signsWrongRoot: true });
  await idle.process.behave({ stopsAt: 0 });

  const { index, root } = await send("signed by one");

  expect(rootIn(await checkpoint(network.aws, right.bucket, Number(index)))).toBe(root);
  expect(rootIn(await checkpoint(network.aws, liar.bucket, Number(index)))).not.toBe(root);
  await until(async () => (await idle.process.metrics()).includes(`observed"} ${index}`));
  expect(await read(`checkpoint_${index}_with_id.json`, idle)).toBeUndefined();
}, 300_000);

test("one whose tree is not the chain's any more says so and ends for good", async () => {
  const [, , right] = signing as [Signing, Signing, Signing];
  const before = await send("taken back");
  await checkpoint(network.aws, right.bucket, Number(before.index));

  await here.chain.reorg(1);
  await send("in its place");

  expect(await right.process.exited).toBe(0);
  const flag = await until(() => read("reorg_flag.json", right));
  expect(JSON.parse(flag)).toMatchObject({ local_merkle_root: before.root, reorg_period: 0 });
  await right.process.up();
  expect(await right.process.exited).toBe(101);
}, 300_000);
