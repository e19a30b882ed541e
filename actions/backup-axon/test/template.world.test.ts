import { readFile } from "node:fs/promises";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { type Aws, startAws } from "@playbook/world";

const DAY_MS = 86_400_000;
const ISSUER = "oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLE";
const ELSEWHERE = "oidc.eks.eu-west-1.amazonaws.com/id/OTHER";

const PROVIDERS = `Resources:
  One:
    Type: AWS::IAM::OIDCProvider
    Properties: { Url: "https://${ISSUER}", ClientIdList: [sts.amazonaws.com] }
  Other:
    Type: AWS::IAM::OIDCProvider
    Properties: { Url: "https://${ELSEWHERE}", ClientIdList: [sts.amazonaws.com] }
`;

let aws: Aws;
let bucket: string;
let writer: S3Client;
let reader: S3Client;
let admin: S3Client;

beforeAll(async () => {
  aws = await startAws();
  await aws.deployTemplate(PROVIDERS, {}, "providers");
  const text = await readFile(new URL("../template.yml", import.meta.url), "utf8");
  const parameters = { Name: "khalani", Issuer: ISSUER, RestoreIssuer: ELSEWHERE };
  const { outputs } = await aws.deployTemplate(text, parameters, "backups");
  bucket = outputs.Bucket ?? "";
  expect(outputs.Backups).toBe(`s3://${bucket}/axon`);
  const as = (role = "") => new S3Client(aws.clientConfig(aws.openSession(role)));
  writer = as(outputs.BackupPodRole);
  reader = as(outputs.RestorePodRole);
  admin = new S3Client(aws.clientConfig());
});
afterAll(() => aws?.[Symbol.asyncDispose]());

const PART = "axon/20260301t020000z-1234567/parts/00000-aa";
const MANIFEST = "axon/20260301t020000z-1234567/manifest.json";

const create = (Key: string) =>
  new PutObjectCommand({ Bucket: bucket, Key, Body: "x", IfNoneMatch: "*" });
const read = (Key: string) => new GetObjectCommand({ Bucket: bucket, Key });

const DENIED = { name: "AccessDenied" };

test("the pod that copies creates parts and their list, and does nothing else", async () => {
  await writer.send(create(PART));
  await writer.send(create("axon/20260301t020000z-1234567/contents.json"));

  const overwriting = new PutObjectCommand({ Bucket: bucket, Key: PART, Body: "y" });
  const refused = [
    overwriting,
    ...[create(MANIFEST), create("other/x/parts/00000-aa")],
    ...[read(PART), new DeleteObjectCommand({ Bucket: bucket, Key: PART })],
  ];
  for (const command of refused) {
    await expect(writer.send(command as PutObjectCommand)).rejects.toMatchObject(DENIED);
  }
});

test("the pod that restores reads parts, and does nothing else", async () => {
  await admin.send(create(MANIFEST));
  await reader.send(read(PART));

  const deletion = new DeleteObjectCommand({ Bucket: bucket, Key: PART });
  for (const command of [read(MANIFEST), create(`${PART}2`), deletion]) {
    await expect(reader.send(command as GetObjectCommand)).rejects.toMatchObject(DENIED);
  }
});

test("each object is locked for the days that the stack says, and its version stays", async () => {
  const head = await admin.send(new HeadObjectCommand({ Bucket: bucket, Key: PART }));
  const { ObjectLockMode: mode, ObjectLockRetainUntilDate: until, VersionId } = head;
  expect(mode).toBe("GOVERNANCE");
  expect(until?.getTime()).toBeGreaterThan(Date.now() + 29 * DAY_MS);

  const version = new DeleteObjectCommand({ Bucket: bucket, Key: PART, VersionId });
  await expect(admin.send(version)).rejects.toMatchObject(DENIED);
});

type Trust = { Statement: { Condition: { StringEquals: Record<string, string | string[]> } }[] };

/** Which service accounts of which cluster a role trusts. */
function trustedBy(trust: unknown): Record<string, string[]> {
  const subjects = (trust as Trust).Statement.flatMap(({ Condition: { StringEquals } }) =>
    Object.entries(StringEquals).filter(([name]) => name.endsWith(":sub")),
  );
  return Object.fromEntries(subjects.map(([name, subs]) => [name.slice(0, -4), [subs].flat()]));
}

test("each role trusts its own service accounts alone; one that reads, drills in the chain's own cluster too", () => {
  const roles = aws.roles.filter(({ name }) => name.endsWith("-pod"));

  expect(roles.map(({ name, trust }) => [name, trustedBy(trust)])).toEqual([
    ["khalani-backup-pod", { [ISSUER]: ["system:serviceaccount:axon:axon-backup"] }],
    [
      "khalani-restore-pod",
      {
        [ISSUER]: ["system:serviceaccount:axon-drill:axon-restore"],
        [ELSEWHERE]: [
          "system:serviceaccount:axon:axon-restore",
          "system:serviceaccount:axon-drill:axon-restore",
        ],
      },
    ],
  ]);
});
