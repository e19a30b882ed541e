import { readFile } from "node:fs/promises";
import {
  DescribeKeyCommand,
  GetPublicKeyCommand,
  KMSClient,
  SignCommand,
} from "@aws-sdk/client-kms";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { type Aws, startAws } from "@playbook/world";

const ISSUER = "oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE";

const PROVIDER = `Resources:
  One:
    Type: AWS::IAM::OIDCProvider
    Properties: { Url: "https://${ISSUER}", ClientIdList: [sts.amazonaws.com] }
`;

type Outputs = Partial<Record<string, string>>;

let aws: Aws;
let validator: Outputs;
let relayer: Outputs;

beforeAll(async () => {
  aws = await startAws();
  await aws.deployTemplate(PROVIDER, {}, "provider");
  const text = await readFile(new URL("../template.yml", import.meta.url), "utf8");
  const made = async (Agent: string, Release: string) => {
    const parameters = { Name: `khalani-${Agent}-a`, Agent, Issuer: ISSUER, Release };
    return (await aws.deployTemplate(text, parameters, Agent)).outputs;
  };
  validator = await made("validator", "validator-axon-a");
  relayer = await made("relayer", "relayer-all-a");
});
afterAll(() => aws?.[Symbol.asyncDispose]());

const configOf = (role: string | undefined) => aws.clientConfig(aws.openSession(role ?? ""));
const s3Of = (role: string | undefined) => new S3Client(configOf(role));
const kmsOf = (role: string | undefined) => new KMSClient(configOf(role));

/** Relayers read without credentials. */
const anybody = () =>
  new S3Client({ ...aws.clientConfig(), signer: { sign: async (request) => request } });

const put = (Key: string) => new PutObjectCommand({ Bucket: validator.Bucket, Key, Body: "{}" });
const place = (Key: string) => ({ Bucket: validator.Bucket, Key });

const DENIED = { name: "AccessDenied" };
const LATEST = "checkpoint_latest_index.json";
const FLAG = "reorg_flag.json";

test("a validator writes its checkpoints, and everybody reads them", async () => {
  await s3Of(validator.PodRole).send(put(LATEST));
  const { Body } = await anybody().send(new GetObjectCommand(place(LATEST)));
  expect(await Body?.transformToString()).toBe("{}");
});

test("what is missing is missing to everybody, and not forbidden", async () => {
  await anybody().send(new ListObjectsV2Command({ Bucket: validator.Bucket }));
  const missing = anybody().send(new HeadObjectCommand(place("checkpoint_7_with_id.json")));
  await expect(missing).rejects.toMatchObject({ name: "NotFound" });
});

test("nobody else writes, and nobody clears a flag", async () => {
  await s3Of(validator.PodRole).send(put(FLAG));
  for (const client of [anybody(), s3Of(relayer.PodRole)]) {
    await expect(client.send(put(LATEST))).rejects.toMatchObject(DENIED);
  }
  for (const client of [anybody(), s3Of(relayer.PodRole), s3Of(validator.PodRole)]) {
    const clearing = client.send(new DeleteObjectCommand(place(FLAG)));
    await expect(clearing).rejects.toMatchObject(DENIED);
  }
});

test("what is written over is still there", async () => {
  await s3Of(validator.PodRole).send(put("metadata_latest.json"));
  await s3Of(validator.PodRole).send(put("metadata_latest.json"));
  const admin = new S3Client(aws.clientConfig());
  const listing = new ListObjectVersionsCommand({
    Bucket: validator.Bucket,
    Prefix: "metadata_latest.json",
  });
  expect((await admin.send(listing)).Versions).toHaveLength(2);
});

test("each signs with its own key, of Ethereum's curve, and with no other", async () => {
  const sign = ({ Key }: Outputs) =>
    new SignCommand({
      KeyId: Key,
      Message: new Uint8Array(32),
      MessageType: "DIGEST",
      SigningAlgorithm: "ECDSA_SHA_256",
    });
  const everyone = [validator, relayer];
  const admin = new KMSClient(aws.clientConfig());
  for (const own of everyone) {
    const client = kmsOf(own.PodRole);
    const { KeyMetadata } = await admin.send(new DescribeKeyCommand({ KeyId: own.Key }));
    expect(KeyMetadata?.KeySpec).toBe("ECC_SECG_P256K1");
    await client.send(new GetPublicKeyCommand({ KeyId: own.Key }));
    await client.send(sign(own));
    const raw = new SignCommand({ ...sign(own).input, MessageType: "RAW" });
    await expect(client.send(raw)).rejects.toMatchObject({ name: "AccessDeniedException" });
    for (const other of everyone.filter((one) => one !== own)) {
      const refused = client.send(sign(other));
      await expect(refused).rejects.toMatchObject({ name: "AccessDeniedException" });
    }
  }
});

test("a relayer has no bucket, and each role trusts its own service account alone", () => {
  expect(relayer).not.toHaveProperty("Bucket");
  const subjectOf = (role: string) => {
    const [found] = aws.roles.filter(({ name }) => name === role);
    return JSON.stringify(found?.trust);
  };
  const subject = `"${ISSUER}:sub":"system:serviceaccount:hyperlane:`;
  expect(subjectOf("khalani-validator-a-pod")).toContain(`${subject}validator-axon-a"`);
  expect(subjectOf("khalani-relayer-a-pod")).toContain(`${subject}relayer-all-a"`);
});
