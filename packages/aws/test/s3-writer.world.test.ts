import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { digestOf } from "@playbook/state";
import fc from "fast-check";
import { type ObjectWriter, objectWriter, type Session, s3Client } from "../src/index.ts";
import { pathOf } from "../src/s3-writer.ts";
import { type Account, openAccount, witness } from "./account.ts";

let account: Account;
let session: Session;
let write: ObjectWriter;

beforeAll(async () => {
  account = await openAccount();
  session = await account.session(witness());
  write = objectWriter(s3Client(session), session, "state");
});
afterAll(() => account?.world[Symbol.asyncDispose]());

const LIMITS = { abortSignal: new AbortController().signal, requestTimeout: 10_000 };

const digest = (text: string) => digestOf(text).slice("sha256:".length);

const objectOf = (key: string, text: string, headers: Record<string, string> = {}) => ({
  ...{ key, bytes: Buffer.from(text), digest: digest(text) },
  headers: { "content-type": "text/plain", ...headers },
});

async function stored(Key: string) {
  const s3 = new S3Client(account.aws.clientConfig());
  const { Body, ...found } = await s3.send(new GetObjectCommand({ Bucket: "state", Key }));
  return { ...found, text: await Body?.transformToString() };
}

test("an object is stored with its headers, by a session of a role", async () => {
  const headers = { "cache-control": "no-cache", "x-amz-meta-release": "v1" };

  expect(await write(objectOf("p1/contracts/a b+c(1)/ü~.txt", "words", headers), LIMITS)).toBe(200);

  expect(await stored("p1/contracts/a b+c(1)/ü~.txt")).toMatchObject({
    ...{ text: "words", ContentType: "text/plain", CacheControl: "no-cache" },
    Metadata: { release: "v1" },
  });
});

test("one that must not be there is not replaced", async () => {
  const isNew = { "if-none-match": "*" };

  expect(await write(objectOf("p1/contracts/once", "first", isNew), LIMITS)).toBe(200);
  expect(await write(objectOf("p1/contracts/once", "second", isNew), LIMITS)).toBe(412);

  expect((await stored("p1/contracts/once")).text).toBe("first");
});

test("other bytes than those of the digest are refused", async () => {
  const other = { ...objectOf("p1/contracts/other", "words"), bytes: Buffer.from("worse") };

  const status = await write(other, LIMITS);

  expect(status).toBeGreaterThanOrEqual(400);
  await expect(stored("p1/contracts/other")).rejects.toMatchObject({ name: "NoSuchKey" });
});

test("what is refused has its status", async () => {
  const elsewhere = objectWriter(s3Client(session), session, "elsewhere");

  expect(await elsewhere(objectOf("a", "words"), LIMITS)).toBe(404);
});

test("a bucket that takes more than a plain signature is left to the SDK", async () => {
  const { region, credentials } = session;
  const before = { ...process.env };
  // An access point has a host of Amazon's own.
  process.env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = "true";
  try {
    const access = "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap";
    const writer = objectWriter(new S3Client({ region, credentials }), session, access);

    expect(await writer(objectOf("a", "words"), LIMITS)).toBeUndefined();
  } finally {
    process.env = before;
  }
});

test("a request that is told to end does not go on", async () => {
  const limits = { ...LIMITS, abortSignal: AbortSignal.abort() };

  await expect(write(objectOf("p1/contracts/ended", "words"), limits)).rejects.toThrow();
});

test("a key has the path that the SDK gives it", async () => {
  const s3 = s3Client(session);
  const asked: string[] = [];
  s3.middlewareStack.add(
    () => async (args) => {
      asked.push((args.request as { path: string }).path);
      return { response: {}, output: { $metadata: {} } };
    },
    { step: "build", priority: "low" },
  );
  const keys = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(keys, async (key) => {
      await s3.send(new PutObjectCommand({ Bucket: "state", Key: key, Body: "" }));
      expect(asked.at(-1)).toBe(`/state/${pathOf(key)}`);
    }),
  );
});
