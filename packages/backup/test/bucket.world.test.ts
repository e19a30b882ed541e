import {
  CreateBucketCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { contextForTests } from "@playbook/action/testing";
import { type Aws, startAws } from "@playbook/world";
import { Bucket, newestWhole, placeOf, written } from "../src/index.ts";
import { manifestFor, NOW, storedOf } from "./backups.ts";

const DAY_MS = 86_400_000;

let aws: Aws;
let s3: S3Client;
beforeAll(async () => {
  aws = await startAws();
  s3 = new S3Client(aws.clientConfig());
  process.env.AWS_ENDPOINT_URL = aws.url;
  await aws.createBucket("plain", { versioned: true });
  await s3.send(new CreateBucketCommand({ Bucket: "locked", ObjectLockEnabledForBucket: true }));
  const rule = { DefaultRetention: { Mode: "GOVERNANCE", Days: 30 } } as const;
  const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled", Rule: rule } as const;
  await s3.send(
    new PutObjectLockConfigurationCommand({ Bucket: "locked", ObjectLockConfiguration }),
  );
});
afterAll(() => aws?.[Symbol.asyncDispose]());

const session = () => {
  const credentials = async () => aws.admin;
  return { region: aws.region, credentials, renew: () => {} };
};

const open = (bucket: string) =>
  Bucket.toRead({ session: session(), bucket, prefix: "axon", context: contextForTests() });

const put = (Bucket: string, key: string, Body: Uint8Array = Buffer.from("x")) =>
  s3.send(new PutObjectCommand({ Bucket, Key: `axon/${key}`, Body }));

test("a bucket's default rule locks each object, and a legal hold too", async () => {
  const before = Date.now();
  await put("locked", "a/manifest.json");
  await put("locked", "b/manifest.json");
  const hold = {
    Bucket: "locked",
    Key: "axon/b/manifest.json",
    LegalHold: { Status: "ON" },
  } as const;
  await s3.send(new PutObjectLegalHoldCommand(hold));
  const bucket = open("locked");

  const [one, other] = await Promise.all(
    ["a", "b"].map((id) => bucket.lockOf(`${id}/manifest.json`)),
  );

  expect(one).toMatchObject({ legalHold: false });
  expect(one?.until).toBeGreaterThan(before + 30 * DAY_MS - 5_000);
  expect(other).toMatchObject({ legalHold: true });
});

test("how long a bucket locks what is new in it is read: not at all, one by one, or for days", async () => {
  await s3.send(new CreateBucketCommand({ Bucket: "single", ObjectLockEnabledForBucket: true }));

  expect(await open("plain").rule()).toBeNull();
  expect(await open("single").rule()).toEqual({ ms: 0 });
  expect(await open("locked").rule()).toEqual({ ms: 30 * DAY_MS });
});

test("a bucket without object lock locks nothing", async () => {
  await put("plain", "a/manifest.json");

  expect(await open("plain").lockOf("a/manifest.json")).toEqual({ until: null, legalHold: false });
});

test("the catalogue is what the bucket has, part by part", async () => {
  const [whole, half] = [manifestFor(NOW, 7), manifestFor(NOW - DAY_MS, 5)];
  for (const { key, size } of storedOf(whole)) await put("plain", key, Buffer.alloc(size));
  for (const { key, size } of storedOf(half).slice(0, -1))
    await put("plain", key, Buffer.alloc(size));
  const broken = manifestFor(NOW - 2 * DAY_MS, 3);
  for (const { key, size } of storedOf(broken)) await put("plain", key, Buffer.alloc(size));
  await put("plain", placeOf(whole.id).manifest, written(whole));
  await put("plain", placeOf(broken.id).manifest, Buffer.from("{"));
  const aged = manifestFor(NOW - 3 * DAY_MS, 1);
  for (const { key, size } of storedOf(aged)) await put("plain", key, Buffer.alloc(size));
  const later = { ...aged, block: { ...aged.block, timestamp: 9_000_000_000 } };
  await put("plain", placeOf(aged.id).manifest, written(later));

  const found = await open("plain").catalogue();

  expect(found.map(({ id, state }) => [id, state])).toEqual([
    [aged.id, "damaged"],
    [broken.id, "damaged"],
    [half.id, "unfinished"],
    [whole.id, "whole"],
  ]);
  expect(found[0]).toMatchObject({ why: "Its digest is not that of what it says." });
  expect(newestWhole(found)?.id).toBe(whole.id);
});

test("the address of a backup's folder is the bucket's own", () => {
  const bucket = open("plain");
  expect(bucket.urlOf("id")).toBe(`${aws.url}/plain/axon/id`);
  delete process.env.AWS_ENDPOINT_URL;
  expect(bucket.urlOf("id")).toBe(`https://plain.s3.${aws.region}.amazonaws.com/axon/id`);
  process.env.AWS_ENDPOINT_URL = aws.url;
});
