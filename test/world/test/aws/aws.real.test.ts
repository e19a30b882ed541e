/*
 * What AWS does, as far as this project relies on it. It holds for the double, and for AWS itself
 * when PLAYBOOK_REAL_AWS says where, with credentials from the SDK's own chain:
 *
 *   PLAYBOOK_REAL_AWS='region=us-east-1&bucket=NAME&key=KEY_ARN&role=ROLE_ARN'
 *
 * The role must be assumable by those credentials, allow s3:GetObject, s3:PutObject and
 * s3:ListBucket on the bucket and kms:Sign and kms:GetPublicKey on the key (ECC_SECG_P256K1). The
 * suite leaves a few objects below contract/ in the bucket. PLAYBOOK_AWS_BACKEND=fast holds the
 * benchmarks' backend to the same.
 */
import { createHash, randomUUID } from "node:crypto";
import { GetPublicKeyCommand, KMSClient, SignCommand } from "@aws-sdk/client-kms";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { computeAddress, hexlify, recoverAddress, Signature, toBeHex } from "ethers";
import { type Aws, startAws } from "../../src/aws/aws.ts";
import { readDer, withS } from "../../src/aws/high-s.ts";
import type { Credentials } from "../../src/aws/keyring.ts";
import { type TemporaryFolder, temporaryFolder } from "../../src/temporary-folder.ts";

type Place = {
  region: string;
  bucket: string;
  key: string;
  role: string;
  /** Of the double; AWS's own otherwise. */
  endpoint?: string;
  credentials?: Credentials;
};

const run = randomUUID();
const prefix = `contract/${run}`;
let double: Aws | undefined;
let folder: TemporaryFolder | undefined;
let place: Place;

beforeAll(async () => {
  const real = process.env.PLAYBOOK_REAL_AWS;
  if (real === undefined) double = await startDouble();
  place = double ? await furnish(double) : readPlace(real ?? "");
});

afterAll(async () => {
  await double?.stop();
  await folder?.[Symbol.asyncDispose]();
});

describe("S3", () => {
  test("of two creations of one object one wins, the other is told 412 or 409", async () => {
    const { s3 } = await session();

    const outcomes = await Promise.all([create(s3, "race", "1"), create(s3, "race", "2")]);

    expect(outcomes.filter(({ status }) => status === 200)).toHaveLength(1);
    expect([412, 409]).toContain(outcomes.find(({ status }) => status !== 200)?.status);
    expect(await create(s3, "race", "3")).toEqual({ status: 412, name: "PreconditionFailed" });
  });

  test("a replacement on a condition wins only over the version it names", async () => {
    const { s3 } = await session();
    const { ETag } = await s3.send(put("replaced", "1"));

    expect(await statusOf(s3.send(put("replaced", "2", { IfMatch: ETag })))).toMatchObject({
      status: 200,
    });
    expect(await statusOf(s3.send(put("replaced", "3", { IfMatch: ETag })))).toEqual({
      status: 412,
      name: "PreconditionFailed",
    });
  });

  test("a missing object is NoSuchKey to whoever may list its key, by the prefix too", async () => {
    const read = allow("s3:GetObject", `arn:aws:s3:::${place.bucket}/*`);
    const list = allow("s3:ListBucket", `arn:aws:s3:::${place.bucket}`);
    const listOwn = { ...list, Condition: { StringLike: { "s3:prefix": `${prefix}/*` } } };
    const missing = async (policy: object[]) =>
      statusOf((await session(policy)).s3.send(get("none")));

    expect(await missing([read, list])).toEqual({ status: 404, name: "NoSuchKey" });
    expect(await missing([read, listOwn])).toEqual({ status: 404, name: "NoSuchKey" });
    expect(await missing([read])).toEqual({ status: 403, name: "AccessDenied" });
  });

  test("a denial names the caller, the action, the resource and the policy", async () => {
    const { s3 } = await session([allow("s3:GetObject", `arn:aws:s3:::${place.bucket}/*`)]);

    await expect(s3.send(put("denied", "x"))).rejects.toMatchObject({
      name: "AccessDenied",
      message: expect.stringMatching(
        /^User: arn:aws:sts::\d+:assumed-role\/\S+ is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::\S+" because no session policy allows the s3:PutObject action$/,
      ),
    });
  });
});

describe("KMS", () => {
  test("a digest is signed as it is, and the signature is the key's", async () => {
    const { kms } = await session();
    const { PublicKey = new Uint8Array() } = await kms.send(
      new GetPublicKeyCommand({ KeyId: place.key }),
    );
    const address = computeAddress(hexlify(PublicKey.slice(-65)));
    const digest = createHash("sha256").update(run).digest();

    const { Signature: signature = new Uint8Array(), KeyId } = await kms.send(signing(digest));

    const [r, s] = readDer(withS(Buffer.from(signature), "low"));
    const signers = [27, 28].map((v) =>
      recoverAddress(digest, Signature.from({ r: toBeHex(r, 32), s: toBeHex(s, 32), v })),
    );
    expect(signers).toContain(address);
    expect(KeyId).toBe(place.key);
  });

  test("a digest of another length is a ValidationException", async () => {
    const { kms } = await session();

    await expect(kms.send(signing(Buffer.alloc(31)))).rejects.toMatchObject({
      name: "ValidationException",
      $metadata: { httpStatusCode: 400 },
    });
  });

  test("a key that does not exist is a NotFoundException", async () => {
    const { kms } = await session();
    const KeyId = "alias/playbook-contract-does-not-exist";

    await expect(kms.send(new GetPublicKeyCommand({ KeyId }))).rejects.toMatchObject({
      name: "NotFoundException",
    });
  });

  test("a denial names the caller, the action, the resource and the policy", async () => {
    const { kms } = await session([allow("kms:GetPublicKey", place.key)]);

    await expect(kms.send(signing(Buffer.alloc(32, 1)))).rejects.toMatchObject({
      name: "AccessDeniedException",
      $metadata: { httpStatusCode: 400 },
      message: expect.stringMatching(
        /^User: arn:aws:sts::\d+:assumed-role\/\S+ is not authorized to perform: kms:Sign on resource: arn:aws:kms:\S+ because no session policy allows the kms:Sign action$/,
      ),
    });
  });
});

describe("STS", () => {
  test("a session policy over 2,048 characters is refused", async () => {
    const long = Array.from(
      { length: 60 },
      (_, at) => `arn:aws:s3:::${place.bucket}/folder-${at}/*`,
    );

    await expect(session([{ ...allow("s3:GetObject", ""), Resource: long }])).rejects.toMatchObject(
      {
        name: expect.stringMatching(/PackedPolicyTooLarge|ValidationError/),
        $metadata: { httpStatusCode: 400 },
      },
    );
  });

  test("keys that nobody holds have a name in each service", async () => {
    const nobody = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "not-a-secret" };
    const config = { ...clientConfig(), credentials: nobody };

    const names = await Promise.all([
      statusOf(new STSClient(config).send(new GetCallerIdentityCommand({}))),
      statusOf(new KMSClient(config).send(new GetPublicKeyCommand({ KeyId: place.key }))),
      statusOf(new S3Client(config).send(get("none"))),
    ]);

    expect(names).toEqual([
      { status: 403, name: "InvalidClientTokenId" },
      { status: 400, name: "UnrecognizedClientException" },
      { status: 403, name: "InvalidAccessKeyId" },
    ]);
  });
});

async function startDouble(): Promise<Aws> {
  if (process.env.PLAYBOOK_AWS_BACKEND !== "fast") return startAws();
  folder = await temporaryFolder("aws");
  return startAws({ backend: "fast", dir: folder.path });
}

async function furnish(aws: Aws): Promise<Place> {
  const { arn: key } = await aws.createKey();
  await aws.createBucket("contract", { versioned: true });
  const text = JSON.stringify(roleTemplate(key));
  const { outputs } = await aws.deployTemplate(text);
  const user = aws.createUser("caller", [document([allow("sts:AssumeRole", outputs.Role ?? "")])]);
  const { endpoint, region } = aws.clientConfig();
  return { endpoint, region, credentials: user, bucket: "contract", key, role: outputs.Role ?? "" };
}

function roleTemplate(key: string) {
  const trust = {
    Effect: "Allow",
    Principal: { AWS: { "Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root" } },
    Action: "sts:AssumeRole",
  };
  const rights = [
    allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::contract/*"),
    allow("s3:ListBucket", "arn:aws:s3:::contract"),
    allow(["kms:Sign", "kms:GetPublicKey"], key),
  ];
  const Properties = {
    AssumeRolePolicyDocument: document([trust]),
    Policies: [{ PolicyName: "contract", PolicyDocument: document(rights) }],
  };
  return {
    Resources: { Role: { Type: "AWS::IAM::Role", Properties } },
    Outputs: { Role: { Value: { "Fn::GetAtt": ["Role", "Arn"] } } },
  };
}

function readPlace(text: string): Place {
  const fields = Object.fromEntries(new URLSearchParams(text));
  const { region = "", bucket = "", key = "", role = "" } = fields;
  return { region, bucket, key, role };
}

function clientConfig() {
  const { endpoint, region, credentials } = place;
  return { endpoint, region, credentials };
}

/** Clients with a session of the role, narrowed to `policy`. */
async function session(policy?: object[]) {
  const command = new AssumeRoleCommand({
    RoleArn: place.role,
    RoleSessionName: "contract",
    Policy: policy && JSON.stringify(document(policy)),
  });
  const { Credentials: issued } = await new STSClient(clientConfig()).send(command);
  const credentials = {
    accessKeyId: issued?.AccessKeyId ?? "",
    secretAccessKey: issued?.SecretAccessKey ?? "",
    sessionToken: issued?.SessionToken,
  };
  const config = { ...clientConfig(), credentials };
  return { s3: new S3Client(config), kms: new KMSClient(config) };
}

function allow(Action: string | string[], Resource: string) {
  return { Effect: "Allow" as const, Action, Resource };
}

function document<Statement>(statements: Statement[]) {
  return { Version: "2012-10-17", Statement: statements };
}

function put(name: string, Body: string, options: Partial<PutObjectCommand["input"]> = {}) {
  return new PutObjectCommand({ Bucket: place.bucket, Key: `${prefix}/${name}`, Body, ...options });
}

function get(name: string) {
  return new GetObjectCommand({ Bucket: place.bucket, Key: `${prefix}/${name}` });
}

function create(s3: S3Client, name: string, body: string) {
  return statusOf(s3.send(put(name, body, { IfNoneMatch: "*" })));
}

function signing(Message: Uint8Array) {
  const SigningAlgorithm = "ECDSA_SHA_256";
  return new SignCommand({ KeyId: place.key, Message, MessageType: "DIGEST", SigningAlgorithm });
}

type Answered = { $metadata: { httpStatusCode?: number } };

async function statusOf(sent: Promise<Answered>): Promise<{ status?: number; name?: string }> {
  try {
    return { status: (await sent).$metadata.httpStatusCode };
  } catch (error) {
    const { $metadata, name } = error as Answered & { name: string };
    return { status: $metadata.httpStatusCode, name };
  }
}
