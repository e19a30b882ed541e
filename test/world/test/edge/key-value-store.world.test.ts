import "@aws-sdk/signature-v4a";
import * as client from "@aws-sdk/client-cloudfront-keyvaluestore";
import {
  type CloudFrontKeyValueStoreClient,
  DeleteKeyCommand,
  DescribeKeyValueStoreCommand,
  GetKeyCommand,
  ListKeysCommand,
  PutKeyCommand,
  UpdateKeysCommand,
} from "@aws-sdk/client-cloudfront-keyvaluestore";
import { type Aws, startAws } from "../../src/aws/aws.ts";
import { startProcess } from "../../src/process.ts";

const TEMPLATE = `
Resources:
  Live: { Type: "AWS::CloudFront::KeyValueStore", Properties: { Name: live } }
Outputs:
  Arn: { Value: !GetAtt Live.Arn }
`;

let aws: Aws;
let KvsARN: string;
let store: CloudFrontKeyValueStoreClient;

beforeAll(async () => {
  aws = await startAws();
  KvsARN = (await aws.deployTemplate(TEMPLATE)).outputs.Arn ?? "";
  store = clientOf();
});

afterAll(() => aws?.stop());

test("a write names the version that it has seen, and makes a new one", async () => {
  const IfMatch = await etag();
  const { ETag, ItemCount } = await store.send(put("a", "1", IfMatch));

  expect(ItemCount).toBe(1);
  expect(ETag).not.toBe(IfMatch);
  expect(await etag()).toBe(ETag);
  expect(await store.send(new GetKeyCommand({ KvsARN, Key: "a" }))).toMatchObject({ Value: "1" });
  await expect(store.send(put("a", "2", IfMatch ?? ""))).rejects.toMatchObject({
    name: "ConflictException",
    $metadata: { httpStatusCode: 409 },
  });
});

test("of writers who have seen the same version one wins", async () => {
  const IfMatch = await etag();
  const sent = await Promise.allSettled(
    ["1", "2", "3", "4"].map((value) => store.send(put("raced", value, IfMatch))),
  );

  expect(sent.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("several keys change together, or none of them", async () => {
  const Puts = [
    { Key: "x", Value: "1" },
    { Key: "y", Value: "2" },
  ];
  await store.send(new UpdateKeysCommand({ KvsARN, IfMatch: await etag(), Puts }));
  const tooMuch = [...Puts, { Key: "z", Value: "3".repeat(1_025) }];
  const sent = store.send(new UpdateKeysCommand({ KvsARN, IfMatch: await etag(), Puts: tooMuch }));

  await expect(sent).rejects.toMatchObject({ name: "ValidationException" });
  await store.send(new DeleteKeyCommand({ KvsARN, Key: "x", IfMatch: await etag() }));
  const { Items = [] } = await store.send(new ListKeysCommand({ KvsARN, MaxResults: 50 }));
  expect(Items.map(({ Key }) => Key)).toEqual(["a", "raced", "y"]);
});

test("a listing comes in pages", async () => {
  const first = await store.send(new ListKeysCommand({ KvsARN, MaxResults: 2 }));
  const second = await store.send(new ListKeysCommand({ KvsARN, NextToken: first.NextToken }));

  expect([first.Items?.length, second.Items?.length, second.NextToken]).toEqual([2, 1, undefined]);
});

test.each([
  ["a key that is not there", () => new GetKeyCommand({ KvsARN, Key: "none" })],
  ["a store that is not there", () => new GetKeyCommand({ KvsARN: `${KvsARN}0`, Key: "a" })],
])("%s is not found", async (_, command) => {
  await expect(store.send(command())).rejects.toMatchObject({ name: "ResourceNotFoundException" });
});

test.each([
  ["a key", "k".repeat(513), "1"],
  ["a value", "k", "1".repeat(1_025)],
])("%s over its size is refused", async (_, key, value) => {
  await expect(store.send(put(key, value, await etag()))).rejects.toMatchObject({
    name: "ValidationException",
  });
});

test("who may do what is IAM's to say", async () => {
  const Statement = [
    { Effect: "Allow", Action: "cloudfront-keyvaluestore:GetKey", Resource: KvsARN },
  ];
  const reader = clientOf(
    aws.createUser("reader", [{ Version: "2012-10-17", Statement }] as never),
  );

  expect(await reader.send(new GetKeyCommand({ KvsARN, Key: "a" }))).toMatchObject({ Value: "1" });
  await expect(reader.send(put("a", "2", await etag()))).rejects.toMatchObject({
    name: "AccessDeniedException",
    $metadata: { httpStatusCode: 403 },
  });
  expect(aws.calls().at(-1)).toMatchObject({
    service: "cloudfront-keyvaluestore",
    action: "cloudfront-keyvaluestore:PutKey",
    resource: KvsARN,
    allowed: false,
    status: 403,
  });
});

test("a signature by another secret is refused", async () => {
  const stranger = clientOf({ ...aws.admin, secretAccessKey: "not-the-secret" });

  await expect(stranger.send(new GetKeyCommand({ KvsARN, Key: "a" }))).rejects.toMatchObject({
    name: "InvalidSignatureException",
  });
});

test("a reply can be lost though the write took effect", async () => {
  const IfMatch = await etag();
  aws.fault({ do: "lose reply", match: { operation: "PutKey", key: /^lost$/ } });

  await expect(store.send(put("lost", "1", IfMatch))).rejects.toThrow();
  expect(await store.send(new GetKeyCommand({ KvsARN, Key: "lost" }))).toMatchObject({
    Value: "1",
  });
  await expect(store.send(put("lost", "1", IfMatch))).rejects.toMatchObject({
    name: "ConflictException",
  });
});

test("a child process reaches it by its environment alone", async () => {
  const script = `
    import "@aws-sdk/signature-v4a";
    import { CloudFrontKeyValueStore } from "@aws-sdk/client-cloudfront-keyvaluestore";
    const { Value } = await new CloudFrontKeyValueStore({}).getKey({ KvsARN: "${KvsARN}", Key: "a" });
    console.log("the value is " + Value);`;
  const child = await startProcess({
    ...{ name: "child", command: process.execPath },
    args: ["--input-type=module", "--eval", script],
    ...{ cwd: import.meta.dirname, env: aws.environment(aws.admin) },
    ready: (output) => output.includes("the value is 1"),
  });

  await child.stop();
});

function put(Key: string, Value: string, IfMatch: string | undefined) {
  return new PutKeyCommand({ KvsARN, Key, Value, IfMatch });
}

async function etag(): Promise<string | undefined> {
  return (await store.send(new DescribeKeyValueStoreCommand({ KvsARN }))).ETag;
}

function clientOf(credentials = aws.admin) {
  const config = { ...aws.storeConfig(credentials), maxAttempts: 1 };
  return new client.CloudFrontKeyValueStoreClient(config);
}
