import { DeleteObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { ActionError } from "@playbook/action";
import type { Store } from "@playbook/state";
import { openS3Store, type S3StoreInputs, type Session } from "../src/index.ts";
import {
  type Account,
  dreaming,
  expectNoSecrets,
  openAccount,
  thrownBy,
  type Witness,
  witness,
} from "./account.ts";

let account: Account;
let session: Session;
let context: Witness;
let prefixes = 0;
let prefix: string;
let store: Store;

beforeAll(async () => {
  account = await openAccount();
  session = await account.session(witness());
});
beforeEach(async () => {
  context = witness();
  prefixes += 1;
  prefix = `p${prefixes}/contracts`;
  store = await open();
  account.aws.clearCalls();
});
afterAll(() => account?.world[Symbol.asyncDispose]());

const open = (over: Partial<S3StoreInputs> = {}) =>
  openS3Store({ session, bucket: "state", prefix, context, ...over });

const admin = () => new S3Client(account.aws.clientConfig());
const bytes = (text: string) => Buffer.from(text);
const textOf = async (key: string) => Buffer.from((await store.read(key)) ?? []).toString();

const PUT = { service: "s3", operation: "PutObject" };
const GET = { service: "s3", operation: "GetObject" };
const LIST = { service: "s3", operation: "ListObjectsV2" };

describe("an object", () => {
  test("is created once and read as it was written", async () => {
    expect(await store.read("a/b.json")).toBeUndefined();
    expect(await store.create("a/b.json", bytes("first"))).toBe("created");
    expect(await store.create("a/b.json", bytes("second"))).toBe("taken");
    expect(await textOf("a/b.json")).toBe("first");
  });

  test("is found at an endpoint of one's own, below which no hosts are known", async () => {
    const endpoint = process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL ?? "";
    const before = { ...process.env };
    process.env.AWS_ENDPOINT_URL_S3 = endpoint.replace("127.0.0.1", "localhost");
    try {
      const named = await open();
      expect(await named.create("named", bytes("once"))).toBe("created");
    } finally {
      process.env = before;
    }
    expect(await textOf("named")).toBe("once");
  });

  test("that two create at once is created by one of them", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, writer) => store.create("race", bytes(`writer ${writer}`))),
    );

    expect(outcomes.filter((one) => one === "created")).toHaveLength(1);
    expect(await textOf("race")).toBe(`writer ${outcomes.indexOf("created")}`);
  });

  test.each([
    { what: "the reply is lost", fault: { do: "lose reply" } as const, outcome: "taken" },
    {
      what: "it was won and is called lost",
      fault: { do: "answer 412 though won" } as const,
      outcome: "taken",
    },
    { what: "the connection breaks", fault: { do: "break before" } as const, outcome: "created" },
    {
      what: "S3 is busy",
      fault: { do: "status", status: 503, times: 3 } as const,
      outcome: "created",
    },
    {
      what: "S3 has an inner error",
      fault: { do: "status", status: 500 } as const,
      outcome: "created",
    },
    {
      what: "two writers get into each other's way",
      fault: { do: "status", status: 409 } as const,
      outcome: "created",
    },
  ])("is there when $what while it is created", async ({ fault, outcome }) => {
    account.aws.fault({ ...fault, match: PUT });

    expect(await store.create("object", bytes("text"))).toBe(outcome);
    expect(await textOf("object")).toBe("text");
  });

  test.each([
    { what: "the connection breaks", fault: { do: "break before", times: 2 } as const },
    { what: "the reply is lost", fault: { do: "lose reply", times: 2 } as const },
    { what: "S3 is busy", fault: { do: "status", status: 503, times: 3 } as const },
  ])("is read although $what", async ({ fault }) => {
    await store.create("object", bytes("text"));
    account.aws.fault({ ...fault, match: GET });

    expect(await textOf("object")).toBe("text");
  });

  test("that is not there is missing, also where the service calls it forbidden", async () => {
    await store.create("there", bytes("x"));
    const set = account.aws.fault({ match: GET, do: "deny", times: 2 });

    expect(await store.read("nowhere")).toBeUndefined();
    await expect(store.read("there")).rejects.toMatchObject({ code: "access-denied" });
    expect(set.hits).toBe(2);
  });

  test("that was deleted is not one that never was", async () => {
    await store.create("object", bytes("text"));
    await admin().send(new DeleteObjectCommand({ Bucket: "state", Key: `${prefix}/object` }));

    await expect(store.read("object")).rejects.toMatchObject({
      code: "state-deleted",
      what: expect.stringContaining(`s3://state/${prefix}/object`),
    });
  });
});

describe("a listing", () => {
  test("names more keys than fit on one page, in order and below the prefix only", async () => {
    const s3 = admin();
    const keys = Array.from(
      { length: 1_100 },
      (_, index) => `log/${String(index).padStart(5, "0")}`,
    );
    const queue = [...keys, "other/1"];
    const put = async () => {
      for (let key = queue.shift(); key; key = queue.shift()) {
        const Key = `${prefix}/${key}`;
        await s3.send(new PutObjectCommand({ Bucket: "state", Key, Body: "x" }));
      }
    };
    await Promise.all(Array.from({ length: 16 }, put));

    expect(await store.list("log/")).toEqual(keys);
    expect(account.count("ListObjectsV2")).toBe(2);
    expect(await store.list("log/", "log/01097")).toEqual(["log/01098", "log/01099"]);
  });

  test("of nothing is empty", async () => {
    expect(await store.list("log/")).toEqual([]);
  });

  test("is made although a page fails", async () => {
    await store.create("log/1", bytes("x"));
    account.aws.fault({ do: "status", status: 503, match: LIST, times: 2 });
    account.aws.fault({ do: "lose reply", match: LIST, nth: 3 });

    expect(await store.list("log/")).toEqual(["log/1"]);
  });
});

describe("a store that cannot be used", () => {
  test("has no bucket", async () => {
    await expect(open({ bucket: "nowhere" })).rejects.toMatchObject({
      code: "bucket-missing",
      what: "There is no bucket nowhere.",
    });
  });

  test("lies in another region", async () => {
    await account.aws.createBucket("far", { region: "eu-west-1" });

    await expect(open({ bucket: "far" })).rejects.toMatchObject({
      code: "wrong-region",
      what: "The bucket far is not in us-east-1.",
    });
  });

  test("lies in another region whose endpoint sends elsewhere", async () => {
    const redirect = { do: "status", status: 301, code: "PermanentRedirect" } as const;
    account.aws.fault({ ...redirect, match: PUT });

    await expect(open()).rejects.toMatchObject({ code: "wrong-region" });
  });

  test.each([
    { permission: "s3:PutObject", use: () => store.create("new", bytes("x")) },
    { permission: "s3:GetObject", use: () => store.read("probe") },
    { permission: "s3:ListBucket", use: () => store.list("log/") },
  ])("may not be used for lack of $permission", async ({ permission, use }) => {
    const taken = account.aws.withoutPermission(account.role, permission);

    const error = await thrownBy(use());

    taken.restore();
    expect(error).toMatchObject({
      code: "access-denied",
      what: expect.stringContaining(permission),
      next: expect.stringContaining(permission),
    });
    expectNoSecrets(context, error);
  });

  test("that one may not list does not pass off a missing object as a free key", async () => {
    using _ = account.aws.withoutPermission(account.role, "s3:ListBucket");

    await expect(store.read("none")).rejects.toMatchObject({ code: "access-denied" });
  });

  test("lets an object be made twice", async () => {
    const bucket = "unguarded";
    await account.aws.createBucket(bucket);
    const Key = `${prefix}/probe`;
    const off = account.aws.onCall(async ({ phase, operation }) => {
      if (phase !== "after" || operation !== "PutObject") return;
      await admin().send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    });

    const opening = open({ bucket });

    await expect(opening).rejects.toMatchObject({ code: "state-not-guarded" });
    off();
  });

  test("stays away, and is given up by its name", async () => {
    const patient = witness(dreaming());
    const away = await open({ context: patient });
    const fault = account.aws.fault({ do: "break before", times: 1_000 });

    const errors = await Promise.all(
      [away.create("x", bytes("x")), away.read("x"), away.list("x")].map(thrownBy),
    );

    fault.remove();
    for (const error of errors) {
      expect(error).toMatchObject({
        code: "aws-unreachable",
        what: expect.stringContaining(`s3://state/${prefix}/x`),
      });
      expectNoSecrets(patient, error);
    }
  });

  test("is not waited for by a run that has to end", async () => {
    const reason = new ActionError("cancelled", {
      what: "Ended.",
      why: "By hand.",
      next: "Again.",
    });
    const fault = account.aws.fault({ do: "status", status: 503, times: 1_000 });
    const reading = store.read("x");

    context.stop.abort(reason);

    await expect(reading).rejects.toBe(reason);
    fault.remove();
  });

  test("takes what is written while the run is told to end", async () => {
    context.stop.abort(new Error("over"));

    expect(await store.create("last words", bytes("text"))).toBe("created");
  });
});
