import { DisableKeyCommand, KMSClient, ScheduleKeyDeletionCommand } from "@aws-sdk/client-kms";
import { ActionError } from "@playbook/action";
import { recoverAddress, Signature } from "ethers";
import { type KmsKey, openKey, type Session } from "../src/index.ts";
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

beforeAll(async () => {
  account = await openAccount();
});
beforeEach(async () => {
  context = witness();
  session = await account.session(context);
  account.aws.clearCalls();
});
afterEach(() => account.aws.limit("kms"));
afterAll(() => account?.world[Symbol.asyncDispose]());

const digests = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const digest = Buffer.alloc(32);
    digest.writeUInt32BE(index + 1, 28);
    return digest;
  });

const open = (key: string, over: Partial<{ session: Session; context: Witness }> = {}) =>
  openKey({ session, context, key, ...over });

const signAll = (key: KmsKey, count: number) =>
  Promise.all(digests(count).map((digest) => key.sign(digest)));

describe("a key", () => {
  test.each(["id", "ARN", "alias", "alias's ARN"])("is found by its %s", async (form) => {
    const { aws, key: arn } = account;
    const forms: Record<string, string> = {
      id: arn.split("/").at(-1) ?? "",
      ARN: arn,
      alias: "alias/contracts",
      "alias's ARN": `arn:aws:kms:${aws.region}:${aws.accountId}:alias/contracts`,
    };

    const key = await open(forms[form] ?? "");

    expect(key.arn).toBe(arn);
    await expect(key.sign(Buffer.alloc(32, 7))).resolves.toBeDefined();
  });

  test("is one key from opening on, whatever its alias is given to meanwhile", async () => {
    const { aws } = account;
    const old = await aws.createKey({ alias: "moving" });
    const key = await open("alias/moving");

    await key.sign(Buffer.alloc(32, 7));

    expect(aws.calls().at(-1)).toMatchObject({ action: "kms:Sign", resource: old.arn });
  });

  test("signs for the address that its public key says, with high s and low s in turn", async () => {
    const { address, arn } = await account.aws.createKey();
    const key = await open(arn);

    const signatures = await signAll(key, 6);

    const signers = signatures.map((signature, index) =>
      recoverAddress(digests(6)[index] ?? "", Signature.from(signature)),
    );
    expect(new Set(signers)).toEqual(new Set([address]));
  });
});

describe("a key that does not do", () => {
  const kms = () => new KMSClient(account.aws.clientConfig());

  test.each([
    { what: "of another curve", spec: "ECC_NIST_P256", usage: "SIGN_VERIFY" },
    { what: "of RSA", spec: "RSA_2048", usage: "SIGN_VERIFY" },
    { what: "that encrypts", spec: "SYMMETRIC_DEFAULT", usage: "ENCRYPT_DECRYPT" },
    { what: "of RSA that encrypts", spec: "RSA_2048", usage: "ENCRYPT_DECRYPT" },
    { what: "for message codes", spec: "HMAC_256", usage: "GENERATE_VERIFY_MAC" },
  ])("is one $what", async ({ spec, usage }) => {
    const { arn } = await account.aws.createKey({ spec, usage });

    await expect(open(arn)).rejects.toMatchObject({
      code: "wrong-key-type",
      why: expect.stringContaining("Ethereum needs ECC_SECG_P256K1 for SIGN_VERIFY"),
    });
  });

  test("is one of another region, which is not even asked for", async () => {
    const elsewhere = account.key.replace("us-east-1", "eu-west-1");

    await expect(open(elsewhere)).rejects.toMatchObject({
      code: "wrong-region",
      next: expect.stringContaining("region: eu-west-1"),
    });
    expect(account.aws.calls()).toEqual([]);
  });

  test.each([
    { what: "ARN", key: () => account.key.replace(/[0-9a-f]{12}$/, "0".repeat(12)) },
    { what: "id", key: () => "00000000-0000-0000-0000-000000000000" },
  ])("is one whose $what nobody has, which KMS calls forbidden", async ({ key }) => {
    await expect(open(key())).rejects.toMatchObject({
      code: "access-denied",
      next: expect.stringMatching(/^Correct `key` or `region` if there is no such key/),
    });
  });

  test("is one whose alias nobody has", async () => {
    await expect(open("alias/none")).rejects.toMatchObject({
      code: "key-missing",
      next: "Correct `key`, or `region`.",
    });
  });

  test("is one that KMS says it does not find", async () => {
    const match = { operation: "GetPublicKey" };
    account.aws.fault({ do: "status", status: 400, code: "NotFoundException", match });

    await expect(open(account.key)).rejects.toMatchObject({ code: "key-missing" });
  });

  test("is one that is disabled while it signs, and before", async () => {
    const { arn, id } = await account.aws.createKey();
    const key = await open(arn);
    await kms().send(new DisableKeyCommand({ KeyId: id }));

    await expect(key.sign(Buffer.alloc(32, 7))).rejects.toMatchObject({ code: "key-disabled" });
    await expect(open(arn)).rejects.toMatchObject({ code: "key-disabled" });
  });

  test("is one that will be deleted", async () => {
    const { arn, id } = await account.aws.createKey();
    const key = await open(arn);
    await kms().send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 30 }));

    await expect(key.sign(Buffer.alloc(32, 7))).rejects.toMatchObject({ code: "key-disabled" });
  });

  test("is one that the role may not use", async () => {
    const key = await open(account.key);
    const taken = account.aws.withoutPermission(account.role, "kms:Sign");

    const error = await thrownBy(key.sign(Buffer.alloc(32, 7)));

    taken.restore();
    expect(error).toMatchObject({
      code: "access-denied",
      what: expect.stringContaining("kms:Sign"),
      next: expect.stringContaining("Allow kms:Sign"),
    });
    expectNoSecrets(context, error);
  });
});

describe("signing many", () => {
  test("all signatures come from a KMS that takes 50 a second", async () => {
    const key = await open(account.key);
    account.aws.limit("kms", 50);

    const signatures = await signAll(key, 200);

    expect(new Set(signatures.map(({ r }) => r)).size).toBe(200);
    expectNoSecrets(context);
  });

  test("none is lost when KMS fails, breaks off and loses its replies", async () => {
    const key = await open(account.key);
    const match = { operation: "Sign" };
    account.aws.fault({ do: "status", status: 500, match, nth: 3, times: 5 });
    account.aws.fault({ do: "break before", match, nth: 12, times: 4 });
    account.aws.fault({ do: "lose reply", match, nth: 20, times: 4 });
    account.aws.fault({ do: "status", status: 503, match, nth: 30, retryAfter: 1 });

    const signatures = await signAll(key, 40);

    expect(new Set(signatures.map(({ r }) => r)).size).toBe(40);
  });

  test("no more than 24 are under way at once", async () => {
    const key = await open(account.key);
    let running = 0;
    let most = 0;
    const off = account.aws.onCall(({ phase }) => {
      running += phase === "before" ? 1 : -1;
      most = Math.max(most, running);
    });

    await signAll(key, 80);

    off();
    expect(most).toBeLessThanOrEqual(24);
  });

  test("nothing more is signed once the run has to end", async () => {
    const key = await open(account.key);
    const reason = new ActionError("cancelled", {
      what: "Ended.",
      why: "By hand.",
      next: "Again.",
    });
    const off = account.aws.onCall(({ phase }) => {
      if (phase === "after") context.stop.abort(reason);
    });

    const outcomes = await Promise.allSettled(digests(80).map((digest) => key.sign(digest)));

    off();
    const reasons = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect(reasons.length).toBeGreaterThan(50);
    expect(new Set(reasons)).toEqual(new Set([reason]));
    expect(account.count("Sign")).toBeLessThanOrEqual(24);
  });

  test("a KMS that stays away is given up, by its name", async () => {
    const patient = witness(dreaming());
    const key = await open(account.key, { context: patient });
    const match = { operation: "Sign" };
    const fault = account.aws.fault({ do: "break before", match, times: 1_000 });

    const error = await thrownBy(key.sign(Buffer.alloc(32, 7)));

    fault.remove();
    expect(error).toMatchObject({
      code: "aws-unreachable",
      what: expect.stringContaining("kms:Sign"),
    });
    expectNoSecrets(patient, error);
  });

  test("an answer that is no error of AWS's known ones is quoted", async () => {
    const key = await open(account.key);
    const match = { operation: "Sign" };
    account.aws.fault({ do: "status", status: 400, code: "LimitExceededException", match });

    await expect(key.sign(Buffer.alloc(32, 7))).rejects.toMatchObject({
      code: "aws-refused",
      why: expect.stringContaining("LimitExceededException"),
    });
  });
});
