import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { contextForTests } from "@playbook/action/testing";
import { announcedAs, lookIntoBucket, placeOf } from "@playbook/hyperlane";
import { type Aws, freePort, startAws } from "@playbook/world";
import { readableBucket } from "../../../packages/hyperlane/test/network.ts";

let aws: Aws;
beforeAll(async () => {
  aws = await startAws();
});
afterAll(() => aws?.[Symbol.asyncDispose]());

const place = (name: string, folder?: string) => ({ name, region: "us-east-1", folder });

const look = (name: string, folder?: string) =>
  lookIntoBucket(place(name, folder), { endpoint: aws.url, context: contextForTests() });

async function made(name: string, { reads = true, lists = true } = {}): Promise<void> {
  const { Version, Statement } = readableBucket(name);
  const [get, list] = Statement;
  const own = [...(reads ? [get] : []), ...(lists ? [list] : [])] as typeof Statement;
  await aws.createBucket(name, own.length > 0 ? { policy: { Version, Statement: own } } : {});
}

async function put(name: string, key: string, body: string): Promise<void> {
  const s3 = new S3Client(aws.clientConfig());
  await s3.send(new PutObjectCommand({ Bucket: name, Key: key, Body: body }));
}

test("a bucket that everybody reads and lists is open, with what is newest in it", async () => {
  await made("open");
  expect(await look("open")).toEqual({ access: "open", latest: null, isFlagged: false });

  await put("open", "checkpoint_latest_index.json", "41");
  await put("open", "reorg_flag.json", "{}");
  await put("open", "deep/er/checkpoint_latest_index.json", "7\n");
  expect(await look("open")).toEqual({ access: "open", latest: 41, isFlagged: true });
  expect(await look("open", "deep/er")).toMatchObject({ latest: 7, isFlagged: false });
});

test("one that nobody may list, one that nobody may read, and one that is not there", async () => {
  await made("unlistable", { lists: false });
  await put("unlistable", "checkpoint_latest_index.json", "3");
  await made("closed", { lists: false, reads: false });

  expect(await look("unlistable")).toMatchObject({ access: "unlistable", latest: 3 });
  expect(await look("closed")).toMatchObject({ access: "closed", latest: null });
  expect(await look("nowhere")).toMatchObject({ access: "missing" });
});

test("an S3 that does not answer is named after a minute", async () => {
  let now = 0;
  const sleep = async (ms: number) => {
    now += ms;
  };
  const context = contextForTests({ clock: { now: () => now, sleep } });
  const endpoint = `http://127.0.0.1:${await freePort()}`;

  const looking = lookIntoBucket(place("open"), { endpoint, context });

  await expect(looking).rejects.toMatchObject({ code: "bucket-unreachable" });
  expect(now).toBeGreaterThan(50_000);
});

test("what a validator announces is read as the place that it is", () => {
  for (const one of [place("some-bucket"), place("some-bucket", "a/b")]) {
    expect(placeOf(announcedAs(one))).toEqual(one);
  }
  expect(placeOf("file:///checkpoints")).toBeUndefined();
});
