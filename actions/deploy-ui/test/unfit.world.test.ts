import { DeleteObjectCommand, ListObjectVersionsCommand, S3Client } from "@aws-sdk/client-s3";
import { build, openStudio, type Studio, type TestSite } from "./studio.ts";

let studio: Studio;
let site: TestSite;

beforeAll(async () => {
  studio = await openStudio();
});
beforeEach(async () => {
  site = await studio.site();
});
afterAll(() => studio?.world[Symbol.asyncDispose]());

const PROBE = "state/probe";

const isProbe = (operation: string, target: string) =>
  operation === "PutObject" && target.endsWith(PROBE);

/** The bucket forgets the object by which it is tried out, as one that honours no condition. */
function unguard(): () => void {
  const s3 = new S3Client(studio.aws.clientConfig());
  return studio.aws.onCall(async ({ operation, target, phase }) => {
    if (phase !== "after" || !isProbe(operation, target)) return;
    const place = { Bucket: site.Bucket, Prefix: PROBE };
    const { Versions = [] } = await s3.send(new ListObjectVersionsCommand(place));
    for (const { VersionId } of Versions) {
      await s3.send(new DeleteObjectCommand({ Bucket: site.Bucket, Key: PROBE, VersionId }));
    }
  });
}

/** What the site consists of: files, the log, and what is live. */
const all = async () => [await studio.files(site), await studio.told(site), await site.shown()];

describe("a bucket in which an object can be made twice", () => {
  test("gets no release, and its store no word of one", async () => {
    const before = await all();
    const end = unguard();

    await expect(site.release("v1", build("v1"))).rejects.toMatchObject({
      code: "state-not-guarded",
    });

    end();
    expect(await all()).toEqual(before);
  });

  test("keeps what is live, whichever way it was to change", async () => {
    await site.release("v1", build("v1"));
    await site.release("v2", build("v2"));
    const before = await all();
    const end = unguard();

    const refused = { code: "state-not-guarded" };
    await expect(site.release("v3", build("v3"))).rejects.toMatchObject(refused);
    await expect(site.rollback({ "rollback-to": "v1" })).rejects.toMatchObject(refused);

    end();
    expect(await all()).toEqual(before);
  });
});

test("the bucket is tried out while what is there is read", async () => {
  await site.release("v1", build("v1"));
  const read = Promise.withResolvers<void>();
  const end = studio.aws.onCall(async ({ operation, target, phase }) => {
    if (phase === "after" && operation === "DescribeKeyValueStore") read.resolve();
    // Whoever read only after this would wait for ever.
    if (phase === "before" && isProbe(operation, target)) await read.promise;
  });

  await site.release("v2", build("v2"));

  end();
  expect(await site.shown()).toBe("v2");
});
