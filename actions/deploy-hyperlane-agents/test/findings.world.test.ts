import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DisableKeyCommand, EnableKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import {
  DeleteBucketPolicyCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { readableBucket } from "../../../packages/hyperlane/test/network.ts";
import { changed, common, type Fleet, type Listed, NAMESPACE, openFleet } from "./fleet.ts";

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet();
  await fleet.fund();
}, 1_200_000);
afterAll(() => fleet?.[Symbol.asyncDispose]());

type Found = { code: string; level: string; at: string; why: string };

/** What a plan finds in the way. */
async function found(over: object = {}, list: object = fleet.list): Promise<Found[]> {
  const { outputs } = await fleet.run({ mode: "plan", ...over }, list);
  return outputs.findings as Found[];
}

const validator = (at = 0) => fleet.list.validators.chain5?.[at] as Listed;
const named = (at: number) => `validator-chain5-${"abc"[at]}`;
const bucketOf = (at: number) => (validator(at).bucket as { name: string }).name;
const keyOf = (at: number) => validator(at).key as { id: string; region: string };

test("nothing is in the way of what is whole", async () => {
  expect(await found()).toEqual([]);
});

test("a key that is disabled, and one that there is not", async () => {
  const kms = new KMSClient(fleet.aws.clientConfig());
  await kms.send(new DisableKeyCommand({ KeyId: keyOf(0).id }));
  expect(await found()).toMatchObject([{ code: "key-disabled", level: "error", at: named(0) }]);
  await kms.send(new EnableKeyCommand({ KeyId: keyOf(0).id }));

  const nowhere = { ...keyOf(1), id: "00000000-0000-4000-8000-000000000000" };
  const list = changed(fleet.list, 1, { key: nowhere });
  expect(await found({}, list)).toMatchObject([{ code: "key-missing", at: named(1) }]);
});

test("an address that is not that of the key", async () => {
  const list = changed(fleet.list, 2, { address: `0x${"12".repeat(20)}` });
  const codes = (await found({}, list)).map(({ code, at }) => [code, at]);
  // That account has no coins, either.
  expect(codes).toEqual([
    ["other-address", named(2)],
    ["unfunded", named(2)],
  ]);
});

test("buckets that relayers cannot read", async () => {
  const s3 = new S3Client(fleet.aws.clientConfig());
  const policy = (at: number, Policy: object) =>
    s3.send(new PutBucketPolicyCommand({ Bucket: bucketOf(at), Policy: JSON.stringify(Policy) }));
  await s3.send(new DeleteBucketPolicyCommand({ Bucket: bucketOf(0) }));
  const list = changed(fleet.list, 1, { bucket: { name: "nowhere", region: "us-east-1" } });

  expect((await found({}, list)).map(({ code, at }) => [code, at])).toEqual([
    ["bucket-closed", named(0)],
    ["bucket-missing", named(1)],
  ]);
  await policy(0, readableBucket(bucketOf(0)));
  expect(await found()).toEqual([]);
});

test("URLs that are not in the Secret, and a Secret that is not there", async () => {
  const secrets = `/api/v1/namespaces/${NAMESPACE}/secrets`;
  const metadata = { name: "rpc-2" };
  await fleet.cluster.api.create(secrets, { apiVersion: "v1", kind: "Secret", metadata });
  const list = changed(changed(fleet.list, 0, { rpcSecret: "rpc-2" }), 1, { rpcSecret: "rpc-3" });

  const [first, second] = await found({}, list);

  expect(first).toMatchObject({ code: "no-rpc-secret", at: named(0) });
  expect(first?.why).toContain("no RPC URLs of chain5");
  expect(second).toMatchObject({ code: "no-rpc-secret", at: named(1) });
  expect(second?.why).toContain("There is no Secret rpc-3");
});

test("URLs in the Secret that agents do not take", async () => {
  const secrets = `/api/v1/namespaces/${NAMESPACE}/secrets`;
  const data = {
    chain5: Buffer.from("http://one.example/a-key\nhttp://two.example").toString("base64"),
  };
  const metadata = { name: "rpc-4" };
  await fleet.cluster.api.create(secrets, { apiVersion: "v1", kind: "Secret", metadata, data });

  const findings = await found({}, changed(fleet.list, 0, { rpcSecret: "rpc-4" }));

  expect(findings).toMatchObject([{ code: "wrong-rpc-urls", level: "error", at: named(0) }]);
  expect(findings[0]?.why).toContain("rpc-4 has under the key chain5");
  expect(JSON.stringify(findings)).not.toContain("a-key");
});

test("values that the chart refuses, and what would be outside the namespace", async () => {
  const wrong = { ...common("v1"), image: { repository: "r.example/agent", tag: "latest" } };
  const refused = await found({ set: wrong });
  expect(refused.map(({ code }) => code)).toEqual(Array(4).fill("values-refused"));
  expect(refused[0]?.why).toContain("image.tag");

  const renamed = await found({ set: { ...common("v1"), nameOverride: "agent" } });
  expect(renamed.map(({ code }) => code)).toEqual(Array(4).fill("values-refused"));
  expect(renamed[0]?.why).toContain("nameOverride is agent");

  const beyond = { ...common("v1"), priority: { create: true } };
  const wide = await found({ set: beyond });
  expect(wide.map(({ code }) => code)).toEqual(Array(4).fill("cluster-wide"));
});

test("the policy is kept, unless its input names the chain", async () => {
  const place = { zone: "us-east-1a", operator: "acme" };
  const list = changed(changed(fleet.list, 0, place), 1, place);
  expect((await found({}, list)).map(({ code, at }) => [code, at])).toEqual([
    ["one-operator", "chain5"],
    ["one-place", "chain5"],
  ]);

  const over = { allowOneOperator: ["chain5"], allowOnePlace: ["chain5"] };
  expect(await found(over, list)).toEqual([]);
});

test.each([
  ["mailbox", () => validator().address, "has no code."],
  ["mailbox", () => fleet.destination.addresses.proxyAdmin, "is no mailbox."],
  ["validatorAnnounce", () => fleet.destination.addresses.mailbox, "serves no mailbox."],
  ["merkleTreeHook", () => validator().address, "has no code."],
  ["merkleTreeHook", () => fleet.destination.addresses.mailbox, "serves no mailbox."],
  ["interchainGasPaymaster", () => fleet.destination.addresses.mailbox, "is no gas paymaster."],
])(
  "nothing is begun with a %s that somebody edited by hand (%#)",
  async (name, at, flaw) => {
    const config = JSON.parse(await readFile(join(fleet.folder, "agent-config.json"), "utf8"));
    config.chains.chain10012[name] = at();
    const agentConfig = join(fleet.folder, "edited.json");
    await writeFile(agentConfig, JSON.stringify(config));

    await expect(fleet.run({ agentConfig })).rejects.toMatchObject({
      code: "wrong-address",
      what: expect.stringContaining(`${name} of chain10012`),
      why: `${at()} ${flaw}`,
    });
  },
  120_000,
);

test("a bucket in which it has signed another tree", async () => {
  const role = String(validator(2).roleArn);
  const s3 = new S3Client(fleet.aws.clientConfig(fleet.aws.openSession(role)));
  const word = `0x${"12".repeat(32)}`;
  const checkpoint = { merkle_tree_hook_address: word, mailbox_domain: 5, root: word, index: 3 };
  const signature = { r: word, s: word, v: 27 };
  const signed = { value: { checkpoint, message_id: word }, signature };
  const put = (Key: string, Body: string) =>
    s3.send(new PutObjectCommand({ Bucket: bucketOf(2), Key, Body }));
  await put("checkpoint_3_with_id.json", JSON.stringify(signed));
  await put("checkpoint_latest_index.json", "3");

  expect(await found()).toMatchObject([{ code: "other-tree", level: "error", at: named(2) }]);
  const list = changed(fleet.list, 2, { bucket: { ...Object(validator(2).bucket), folder: "2" } });
  expect(await found({}, list)).toEqual([]);
});

test("a relayer that waits for a payment where there is no gas paymaster", async () => {
  const { main } = fleet.list.relayers;
  const paid = { ...main, gasPayment: [{ type: "onChainFeeQuoting" }] };
  const [first] = await found({}, { relayers: { main: paid } });
  expect(first).toMatchObject({ code: "no-paymaster", level: "error", at: "relayer-main-a" });
  expect(first?.why).toContain("chain5 to chain10012.");
});

test("files that are not there are named", async () => {
  const reading = fleet.run({ mode: "plan", agentConfig: "nowhere.json" });
  await expect(reading).rejects.toMatchObject({ code: "no-file" });
});
