import { createHash } from "node:crypto";
import { Agent } from "node:http";
import { Readable } from "node:stream";
import { GetPublicKeyCommand, KMSClient, SignCommand, VerifyCommand } from "@aws-sdk/client-kms";
import {
  DeleteObjectCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { recoverAddress, Signature, toBeHex } from "ethers";
import { type Aws, startAws } from "../../src/aws/aws.ts";
import { readDer } from "../../src/aws/high-s.ts";
import type { CallEvent } from "../../src/aws/journal.ts";
import type { MadeKey } from "../../src/aws/setup.ts";

const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

let aws: Aws;
let key: MadeKey;
let s3: S3Client;
let kms: KMSClient;

beforeAll(async () => {
  aws = await startAws();
  key = await aws.createKey({ alias: "deployer" });
  await aws.createBucket("state", { versioned: true });
  const once = { ...aws.clientConfig(), maxAttempts: 1 };
  s3 = new S3Client(once);
  kms = new KMSClient(once);
});

beforeEach(() => aws.clearCalls());

afterAll(() => aws?.stop());

describe("S3", () => {
  test("a bucket may be named by the host, and the path is signed as it was sent", async () => {
    const lookup = (_: string, __: object, found: (...result: unknown[]) => void) =>
      found(null, [{ address: "127.0.0.1", family: 4 }]);
    const endpoint = `http://s3.us-east-1.amazonaws.com:${new URL(aws.url).port}`;
    const httpAgent = new Agent({ lookup } as object);
    const named = new S3Client({ ...aws.clientConfig(), endpoint, requestHandler: { httpAgent } });

    const put = { Bucket: "state", Key: "by/host", Body: "named" };
    await named.send(new PutObjectCommand(put));

    expect(aws.calls().map(({ target }) => target)).toEqual(["PUT /state/by/host"]);
    expect(await text("by/host")).toBe("named");
  });

  test("of two racing creations of one object exactly one wins", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, at) => create("race/1", `writer ${at}`)),
    );

    expect(outcomes.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(outcomes.filter(({ status }) => status === 412)).toHaveLength(7);
    const winner = outcomes.findIndex(({ status }) => status === 200);
    expect(await text("race/1")).toBe(`writer ${winner}`);
  });

  test("of two racing replacements of one version exactly one wins", async () => {
    const { ETag } = await s3.send(put("replaced", "first"));

    const outcomes = await Promise.all([
      statusOf(s3.send(put("replaced", "second", { IfMatch: ETag }))),
      statusOf(s3.send(put("replaced", "third", { IfMatch: ETag }))),
    ]);

    expect(outcomes.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  test("a refused creation says PreconditionFailed", async () => {
    await create("twice", "x");

    expect(await create("twice", "y")).toEqual({ status: 412, name: "PreconditionFailed" });
  });

  test("a listing keeps to its prefix and comes in pages", async () => {
    await Promise.all(
      ["a/1", "a/2", "a/3", "b/1"].map((name) => s3.send(put(`list/${name}`, "x"))),
    );
    const first = await s3.send(
      new ListObjectsV2Command({ Bucket: "state", Prefix: "list/a/", MaxKeys: 2 }),
    );
    const second = await s3.send(
      new ListObjectsV2Command({
        Bucket: "state",
        Prefix: "list/a/",
        ContinuationToken: first.NextContinuationToken,
      }),
    );

    expect(first.Contents?.map(({ Key }) => Key)).toEqual(["list/a/1", "list/a/2"]);
    expect(second.Contents?.map(({ Key }) => Key)).toEqual(["list/a/3"]);
  });

  test("a versioned bucket keeps what was replaced and deleted", async () => {
    const old = await s3.send(put("kept", "old"));
    await s3.send(put("kept", "new"));
    await s3.send(new DeleteObjectCommand({ Bucket: "state", Key: "kept" }));

    await expect(text("kept")).rejects.toMatchObject({ name: "NoSuchKey" });
    expect(await text("kept", old.VersionId)).toBe("old");
    const { Versions } = await s3.send(
      new ListObjectVersionsCommand({ Bucket: "state", Prefix: "kept" }),
    );
    expect(Versions).toHaveLength(2);
  });

  test("a deleted object says that it was there, until it is there again", async () => {
    await s3.send(put("gone", "x"));
    await s3.send(new DeleteObjectCommand({ Bucket: "state", Key: "gone" }));

    const get = (name: string) => s3.send(new GetObjectCommand({ Bucket: "state", Key: name }));
    const marked = { $response: { headers: { "x-amz-delete-marker": "true" } } };
    await expect(get("gone")).rejects.toMatchObject(marked);
    await expect(get("never")).rejects.not.toMatchObject(marked);

    expect(await create("gone", "y")).toEqual({ status: 200 });
    expect(await text("gone")).toBe("y");
  });

  test("a stream is stored as it was, its chunks and checksums taken off", async () => {
    const big = "0123456789".repeat(20_000);
    const body = Readable.from([big.slice(0, 70_000), big.slice(70_000)]);
    await s3.send(
      put("stream", body as never, { ContentLength: big.length, ContentType: "text/plain" }),
    );

    expect(await text("stream")).toBe(big);
    const head = await s3.send(new HeadObjectCommand({ Bucket: "state", Key: "stream" }));
    expect(head).toMatchObject({ ContentLength: big.length, ContentType: "text/plain" });
    expect(head.ContentEncoding).toBeUndefined();
  });

  test("that an object is missing is told only to those who may list it", async () => {
    const may = { Effect: "Allow", Action: "s3:GetObject", Resource: "*" } as const;
    const list = {
      Effect: "Allow",
      Action: "s3:ListBucket",
      Resource: "*",
      Condition: { StringLike: { "s3:prefix": "mine/*" } },
    } as const;
    const user = aws.createUser("reader", [{ Version: "2012-10-17", Statement: [may, list] }]);
    const reader = new S3Client(aws.clientConfig(user));

    await expect(
      reader.send(new GetObjectCommand({ Bucket: "state", Key: "mine/none" })),
    ).rejects.toMatchObject({ name: "NoSuchKey" });
    await expect(
      reader.send(new GetObjectCommand({ Bucket: "state", Key: "theirs/none" })),
    ).rejects.toMatchObject({
      name: "AccessDenied",
      message: expect.stringContaining("s3:ListBucket"),
    });
  });

  test("without a name one may what the bucket's policy lets everybody do", async () => {
    const everybody = { Effect: "Allow", Principal: "*", Action: "s3:GetObject" } as const;
    const Statement = { ...everybody, Resource: "arn:aws:s3:::public/*" };
    await aws.createBucket("public", { policy: { Version: "2012-10-17", Statement } });
    await s3.send(new PutObjectCommand({ Bucket: "public", Key: "page", Body: "hello" }));

    expect(await (await fetch(`${aws.url}/public/page`)).text()).toBe("hello");
    expect((await fetch(`${aws.url}/public/page`, { method: "DELETE" })).status).toBe(403);
    const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket: "public" }));
    expect(JSON.parse(Policy ?? "")).toMatchObject({ Statement });
  });

  test("a bucket of another region is told as S3 tells it", async () => {
    await aws.createBucket("far", { region: "eu-west-1" });

    await expect(s3.send(new GetObjectCommand({ Bucket: "far", Key: "x" }))).rejects.toMatchObject({
      name: "AuthorizationHeaderMalformed",
      message: expect.stringContaining("expecting 'eu-west-1'"),
    });
  });
});

describe("KMS", () => {
  const digest = createHash("sha256").update("a message").digest();

  test("signs a digest as it is, with the key of its address, high and low in turn", async () => {
    const signatures = [await sign(), await sign(), await sign(), await sign()];

    const halves = signatures.map(([, s]) => (s > N / 2n ? "high" : "low"));
    expect(new Set(halves.slice(0, 2))).toEqual(new Set(["high", "low"]));
    expect(halves.slice(2)).toEqual(halves.slice(0, 2));
    for (const [r, s] of signatures) {
      const lowS = s > N / 2n ? N - s : s;
      const signers = [27, 28].map((v) =>
        recoverAddress(digest, Signature.from({ r: toBeHex(r, 32), s: toBeHex(lowS, 32), v })),
      );
      expect(signers).toContain(key.address);
    }
  });

  test("verifies what it signed in either half", async () => {
    for (const _ of [1, 2]) {
      const { Signature } = await kms.send(signCommand());
      const verify = new VerifyCommand({ ...signCommand().input, Signature });
      expect((await kms.send(verify)).SignatureValid).toBe(true);
    }
  });

  test("knows its key by id, ARN and alias", async () => {
    for (const KeyId of [key.id, key.arn, "alias/deployer"]) {
      expect((await kms.send(new GetPublicKeyCommand({ KeyId }))).KeyId).toBe(key.arn);
    }
  });

  test("takes so many calls a second and throttles the rest", async () => {
    aws.limit("kms", 5);
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => statusOf(kms.send(signCommand()))),
    );
    aws.limit("kms");

    expect(outcomes).toContainEqual({ status: 400, name: "ThrottlingException" });
    expect(outcomes.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(5);
    expect(outcomes.filter(({ status }) => status === 200).length).toBeLessThan(10);
  });

  function signCommand() {
    return new SignCommand({
      KeyId: key.id,
      Message: digest,
      MessageType: "DIGEST",
      SigningAlgorithm: "ECDSA_SHA_256",
    });
  }

  async function sign(): Promise<[bigint, bigint]> {
    const { Signature = new Uint8Array() } = await kms.send(signCommand());
    return readDer(Buffer.from(Signature));
  }
});

describe("faults", () => {
  const match = { service: "s3", operation: "PutObject" };

  test("a broken connection before has no effect", async () => {
    aws.fault({ match, do: "break before" });

    expect((await create("broken", "x")).status).toBe(0);
    await expect(text("broken")).rejects.toMatchObject({ name: "NoSuchKey" });
  });

  test("a lost reply has its effect", async () => {
    aws.fault({ match, do: "lose reply" });

    expect((await create("lost", "x")).status).toBe(0);
    expect(await text("lost")).toBe("x");
    expect(aws.calls()[0]).toMatchObject({ operation: "PutObject", allowed: true, status: 0 });
  });

  test("the SDK's own retry turns a won creation into 412", async () => {
    aws.fault({ match, do: "lose reply" });
    const retrying = new S3Client(aws.clientConfig());

    const outcome = await statusOf(retrying.send(put("retried", "x", { IfNoneMatch: "*" })));

    expect(outcome).toEqual({ status: 412, name: "PreconditionFailed" });
    expect(await text("retried")).toBe("x");
  });

  test("a 412 can be told to the winner", async () => {
    aws.fault({ match, do: "answer 412 though won" });

    expect((await create("won", "x")).status).toBe(412);
    expect(await text("won")).toBe("x");
  });

  test("a fault hits the calls that it is meant for, so many times, from the nth on", async () => {
    const { hits } = await nthFault();
    const keys = ["counted/a", "other/a", "counted/b", "counted/c", "counted/d"];
    const outcomes = [];
    for (const name of keys) outcomes.push((await create(name, "x")).status);

    expect(outcomes).toEqual([200, 200, 503, 503, 200]);
    expect(hits()).toBe(2);
  });

  async function nthFault() {
    const own = { ...match, key: /^counted\// };
    const fault = aws.fault({ match: own, nth: 2, times: 2, do: "status", status: 503 });
    return { hits: () => fault.hits };
  }

  test.each([
    [{ status: 503 } as const, "SlowDown"],
    [{ status: 500 } as const, "InternalError"],
    [{ status: 409 } as const, "ConditionalRequestConflict"],
    [{ status: 503, code: "ServiceUnavailable" } as const, "ServiceUnavailable"],
  ])("a status has the name that the service gives it: %j", async (effect, name) => {
    aws.fault({ match, do: "status", ...effect });

    expect(await create("status", "x")).toEqual({ status: effect.status, name });
    await expect(text("status")).rejects.toMatchObject({ name: "NoSuchKey" });
  });

  test("throttling says when to come back", async () => {
    aws.fault({ match: { service: "kms" }, do: "status", status: 400, retryAfter: 2 });
    const reply = { status: 0, retryAfter: "" };
    const once = new KMSClient({ ...aws.clientConfig(), maxAttempts: 1 });
    once.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { statusCode, headers } = result.response as {
          statusCode: number;
          headers: Record<string, string>;
        };
        Object.assign(reply, { status: statusCode, retryAfter: headers["retry-after"] });
        return result;
      },
      { step: "deserialize", priority: "low" },
    );

    await expect(once.send(new GetPublicKeyCommand({ KeyId: key.id }))).rejects.toMatchObject({
      name: "ThrottlingException",
    });
    expect(reply).toEqual({ status: 400, retryAfter: "2" });
  });

  test("a denial looks like IAM's", async () => {
    aws.fault({ match: { service: "kms", key: new RegExp(key.id) }, do: "deny" });

    await expect(kms.send(new GetPublicKeyCommand({ KeyId: key.id }))).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringContaining("is not authorized to perform: kms:GetPublicKey"),
    });
  });

  test("a removed fault hits nothing", async () => {
    aws.fault({ match, do: "status", status: 500 }).remove();

    expect((await create("removed", "x")).status).toBe(200);
  });
});

test("a listener is heard before a call takes effect, and after it before the reply", async () => {
  const seen: string[] = [];
  const stop = aws.onCall(async ({ phase, operation, target }: CallEvent) => {
    if (operation !== "PutObject") return;
    const there = await statusOf(s3.send(new HeadObjectCommand({ Bucket: "state", Key: "heard" })));
    seen.push(`${phase} ${target}: ${there.status}`);
  });

  await create("heard", "x");
  stop();
  await create("unheard", "x");

  expect(seen).toEqual(["before PUT /state/heard: 404", "after PUT /state/heard: 200"]);
});

test("each call is written down with the action and the resource that it needed", async () => {
  await create("noted", "x");

  expect(aws.calls()).toEqual([
    {
      request: expect.any(Number),
      at: expect.any(Number),
      principal: "arn:aws:iam::123456789012:root",
      service: "s3",
      operation: "PutObject",
      action: "s3:PutObject",
      resource: "arn:aws:s3:::state/noted",
      allowed: true,
      status: 200,
      target: "PUT /state/noted",
    },
  ]);
});

type PutOptions = Partial<PutObjectCommand["input"]>;

function put(Key: string, Body: string, options: PutOptions = {}): PutObjectCommand {
  return new PutObjectCommand({ Bucket: "state", Key, Body, ...options });
}

function create(name: string, body: string) {
  return statusOf(s3.send(put(name, body, { IfNoneMatch: "*" })));
}

async function text(Key: string, VersionId?: string): Promise<string | undefined> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: "state", Key, VersionId }));
  return Body?.transformToString();
}

type Answered = { $metadata: { httpStatusCode?: number } };

/** The status of a reply, 0 when there was none, with the name of the error. */
async function statusOf(sent: Promise<Answered>): Promise<{ status: number; name?: string }> {
  try {
    return { status: (await sent).$metadata.httpStatusCode ?? 0 };
  } catch (error) {
    const { $metadata, name } = error as Partial<Answered> & { name: string };
    return { status: $metadata?.httpStatusCode ?? 0, name };
  }
}
