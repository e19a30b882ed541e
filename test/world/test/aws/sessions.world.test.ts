import { readFileSync } from "node:fs";
import { GetPublicKeyCommand, KMSClient, SignCommand } from "@aws-sdk/client-kms";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  STSClient,
} from "@aws-sdk/client-sts";
import { type Aws, startAws } from "../../src/aws/aws.ts";
import type { Credentials } from "../../src/aws/keyring.ts";
import { type GithubJob, githubClaims, RELEASE_JOB } from "../../src/claims.ts";
import { type Issuer, type SignOptions, startIssuer } from "../../src/issuer.ts";

const template = readFileSync(new URL("./account.yml", import.meta.url), "utf8");

const job: GithubJob = {
  ...RELEASE_JOB,
  jobWorkflowRef: "khalani/playbook/.github/workflows/release-contracts.yml@refs/tags/v1.0.0",
  environment: "production",
};

let issuer: Issuer;
let aws: Aws;
let outputs: Record<string, string>;

beforeAll(async () => {
  issuer = await startIssuer();
  aws = await startAws({ issuer });
  ({ outputs } = await aws.deployTemplate(template));
});

afterAll(async () => {
  await aws?.stop();
  await issuer?.stop();
});

test("a job's token opens a session of the role that trusts the job", async () => {
  const { Credentials, ...proof } = await exchange(await tokenOf(job));

  expect(proof).toMatchObject({
    SubjectFromWebIdentityToken: "repo:acme/app:environment:production",
    Audience: "sts.amazonaws.com",
    AssumedRoleUser: { Arn: "arn:aws:sts::123456789012:assumed-role/contracts/run-1" },
  });
  const sts = new STSClient(aws.clientConfig(credentials(Credentials)));
  expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
    Account: "123456789012",
    Arn: "arn:aws:sts::123456789012:assumed-role/contracts/run-1",
  });
});

test("its answer ends with the request's id, which older clients count on", async () => {
  const query = new URLSearchParams({
    ...{ Action: "AssumeRoleWithWebIdentity", Version: "2011-06-15" },
    ...{ RoleArn: outputs.RoleArn ?? "", RoleSessionName: "run-1" },
    WebIdentityToken: await tokenOf(job),
  });

  const answer = await fetch(aws.url, { method: "POST", body: query });

  const metadata =
    /<\/AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId>.+<\/RequestId>/;
  expect(await answer.text()).toMatch(metadata);
});

test("the runner's request token is exchanged for a token that opens a session", async () => {
  const grant = issuer.grant(githubClaims({ ...job, immutableSub: true }));
  const asked = await fetch(`${grant.url}&audience=sts.amazonaws.com`, {
    headers: { authorization: `Bearer ${grant.token}` },
  });
  const { value } = (await asked.json()) as { value: string };

  expect((await exchange(value)).SubjectFromWebIdentityToken).toBe(
    "repo:acme@42/app@1001:environment:production",
  );
});

const DENIED = ["AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"] as const;

test.each<[string, Partial<GithubJob>, SignOptions, readonly [name: string, message: string]]>([
  [
    "another audience",
    {},
    { audience: "sigstore" },
    ["InvalidIdentityTokenException", "Incorrect token audience"],
  ],
  ["an expired token", {}, { expiresIn: -60 }, ["ExpiredTokenException", "must be before"]],
  ["a token for later", {}, { notBefore: 600 }, ["InvalidIdentityTokenException", "nbf"]],
  ["a stranger's signature", {}, { key: "foreign" }, ["InvalidIdentityTokenException", "signed"]],
  ["no signature", {}, { key: "none" }, ["InvalidIdentityTokenException", "signed"]],
  ["another repository", { repository: "acme/other", repositoryId: "1002" }, {}, DENIED],
  ["a repository that took the name", { repositoryId: "6666" }, {}, DENIED],
  ["a fork", { repository: "eve/app", repositoryId: "6666", ownerId: "13" }, {}, DENIED],
  ["another environment", { environment: "staging" }, {}, DENIED],
  ["no environment", { environment: undefined }, {}, DENIED],
  ["another branch", { ref: "refs/heads/feature" }, {}, DENIED],
  [
    "a pull request",
    { event: "pull_request", ref: "refs/pull/1/merge", environment: undefined },
    {},
    DENIED,
  ],
  ["another workflow", { jobWorkflowRef: undefined }, {}, DENIED],
  [
    "another version of the workflow",
    { jobWorkflowRef: job.jobWorkflowRef?.replace("v1.0.0", "v2") },
    {},
    DENIED,
  ],
])("a caller with %s is refused", async (_, changed, options, [name, message]) => {
  const refused = exchange(await tokenOf({ ...job, ...changed }, options));

  await expect(refused).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
});

test("a role that does not exist is refused like one that does not trust", async () => {
  const refused = exchange(await tokenOf(job), { RoleArn: `${outputs.RoleArn}-not` });

  await expect(refused).rejects.toMatchObject({ name: DENIED[0], message: DENIED[1] });
});

test.each([
  ["too short", 899, "greater than or equal to 900"],
  ["longer than the role allows", 3_601, "exceeds the MaxSessionDuration"],
])("a session %s is refused", async (_, DurationSeconds, message) => {
  const refused = exchange(await tokenOf(job), { DurationSeconds });

  await expect(refused).rejects.toMatchObject({
    name: "ValidationError",
    message: expect.stringContaining(message),
  });
});

test("a session policy of more than 2,048 characters is refused", async () => {
  const Resource = Array.from({ length: 60 }, (_, at) => `arn:aws:s3:::state/ledger/${at}/*`);
  const Policy = policy({ Effect: "Allow", Action: "s3:GetObject", Resource });

  await expect(exchange(await tokenOf(job), { Policy })).rejects.toMatchObject({
    name: "PackedPolicyTooLargeException",
    message: expect.stringMatching(/consumes \d{3}% of allotted space/),
  });
});

test("the role's policy lets a session do what it says, and nothing else", async () => {
  const { kms } = clients(await session());

  await expect(sign(kms)).resolves.toMatchObject({ KeyId: outputs.KeyArn });
  await expect(sign(kms, { KeyId: outputs.OtherKeyArn })).rejects.toMatchObject({
    name: "AccessDeniedException",
    message:
      "User: arn:aws:sts::123456789012:assumed-role/contracts/run-1 is not authorized " +
      `to perform: kms:Sign on resource: ${outputs.OtherKeyArn} because no ` +
      "identity-based policy allows the kms:Sign action",
  });
  await expect(sign(kms, { MessageType: "RAW" })).rejects.toMatchObject({
    name: "AccessDeniedException",
  });
  await expect(sign(kms, { KeyId: "alias/contracts" })).resolves.toBeDefined();
});

test("a boundary takes away what it does not allow", async () => {
  aws.clearCalls();
  const { kms } = clients(await session());
  const { DescribeKeyCommand } = await import("@aws-sdk/client-kms");

  await expect(kms.send(new DescribeKeyCommand({ KeyId: outputs.KeyArn }))).rejects.toMatchObject({
    message: expect.stringContaining(
      "because no permissions boundary allows the kms:DescribeKey action",
    ),
  });
  expect(aws.calls().at(-1)).toMatchObject({
    principal: "arn:aws:sts::123456789012:assumed-role/contracts/run-1",
    action: "kms:DescribeKey",
    resource: outputs.KeyArn,
    allowed: false,
    status: 400,
    target: "TrentService.DescribeKey",
  });
});

test("an inline session policy narrows the role and never widens it", async () => {
  const Policy = policy(
    { Effect: "Allow", Action: "kms:*", Resource: "*" },
    { Effect: "Allow", Action: "s3:PutObject", Resource: "arn:aws:s3:::state/ledger/mine/*" },
  );
  const { kms, s3 } = clients(await session({ Policy }));

  await expect(sign(kms)).resolves.toBeDefined();
  await expect(sign(kms, { KeyId: outputs.OtherKeyArn })).rejects.toThrow(
    "no identity-based policy",
  );
  await expect(put(s3, "ledger/mine/1")).resolves.toBeDefined();
  await expect(put(s3, "ledger/other/1")).rejects.toMatchObject({
    name: "AccessDenied",
    message:
      "User: arn:aws:sts::123456789012:assumed-role/contracts/run-1 is not authorized to " +
      'perform: s3:PutObject on resource: "arn:aws:s3:::state/ledger/other/1" because no session ' +
      "policy allows the s3:PutObject action",
  });
});

test("an explicit deny of a resource's policy wins over every permission", async () => {
  const { s3 } = clients(await session());
  const unconditional = new PutObjectCommand({ Bucket: "state", Key: "ledger/x", Body: "x" });

  await expect(s3.send(unconditional)).rejects.toMatchObject({
    name: "AccessDenied",
    message: expect.stringContaining("with an explicit deny in a resource-based policy"),
  });
});

test("a permission can be taken from a role and given back", async () => {
  const { kms } = clients(await session());
  {
    using _ = aws.withoutPermission(outputs.RoleArn ?? "", "kms:Sign");
    await expect(sign(kms)).rejects.toThrow("no identity-based policy allows the kms:Sign action");
    await expect(
      kms.send(new GetPublicKeyCommand({ KeyId: outputs.KeyArn })),
    ).resolves.toBeDefined();
  }
  await expect(sign(kms)).resolves.toBeDefined();
});

test("a user with keys of its own assumes the role, narrowed, and an hour at most from there", async () => {
  const assume = { Effect: "Allow", Action: "sts:AssumeRole", Resource: outputs.RoleArn } as const;
  const document = { Version: "2012-10-17", Statement: [assume] };
  const user = aws.createUser("ada", [document]);
  const stranger = aws.createUser("eve", []);
  const narrowed = policy({ Effect: "Allow", Action: "kms:Sign", Resource: outputs.KeyArn });

  const opened = await assumeRole(user, { Policy: narrowed });
  const { kms } = clients(credentials(opened.Credentials));

  await expect(sign(kms)).resolves.toBeDefined();
  await expect(kms.send(new GetPublicKeyCommand({ KeyId: outputs.KeyArn }))).rejects.toThrow(
    "no session policy allows",
  );
  await expect(assumeRole(stranger)).rejects.toMatchObject({
    name: "AccessDenied",
    message:
      "User: arn:aws:iam::123456789012:user/eve is not authorized to perform: " +
      `sts:AssumeRole on resource: ${outputs.RoleArn} because no identity-based ` +
      "policy allows the sts:AssumeRole action",
  });
});

test("an expired session is told so in each service's own words", async () => {
  const opened = await session();
  aws.expireSessions();
  const { kms, s3 } = clients(opened);
  const sts = new STSClient(aws.clientConfig(opened));

  await expect(sign(kms)).rejects.toMatchObject({ name: "ExpiredTokenException" });
  await expect(put(s3, "ledger/1")).rejects.toMatchObject({ name: "ExpiredToken" });
  await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
    name: /^ExpiredToken/,
  });
});

test.each<[string, (own: Credentials) => Credentials, [string, string, string]]>([
  [
    "a key that nobody holds",
    (own) => ({ ...own, accessKeyId: "AKIAUNKNOWN" }),
    ["UnrecognizedClientException", "InvalidAccessKeyId", "InvalidClientTokenId"],
  ],
  [
    "a wrong secret",
    (own) => ({ ...own, secretAccessKey: "wrong" }),
    ["InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch"],
  ],
  [
    "another session's token",
    (own) => ({ ...own, sessionToken: "another" }),
    ["UnrecognizedClientException", "InvalidToken", "InvalidClientTokenId"],
  ],
])("%s is refused in each service's own words", async (_, spoil, [inKms, inS3, inSts]) => {
  const spoilt = spoil(await session());
  const { kms, s3 } = clients(spoilt);
  const sts = new STSClient(aws.clientConfig(spoilt));

  await expect(sign(kms)).rejects.toMatchObject({ name: inKms });
  await expect(put(s3, "ledger/1")).rejects.toMatchObject({ name: inS3 });
  await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: inSts });
});

type Statement = {
  Effect: "Allow" | "Deny";
  Action: string;
  Resource: string | string[] | undefined;
};

function policy(...Statement: Statement[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement });
}

function tokenOf(of: GithubJob, options: SignOptions = {}): Promise<string> {
  return issuer.sign(githubClaims(of), { audience: "sts.amazonaws.com", ...options });
}

type Exchange = { RoleArn?: string; Policy?: string; DurationSeconds?: number };

function exchange(WebIdentityToken: string, options: Exchange = {}) {
  const { endpoint, region } = aws.clientConfig();
  const own = { RoleArn: outputs.RoleArn, RoleSessionName: "run-1", WebIdentityToken };
  return new STSClient({ endpoint, region }).send(
    new AssumeRoleWithWebIdentityCommand({ ...own, ...options }),
  );
}

async function session(options: Exchange = {}): Promise<Credentials> {
  return credentials((await exchange(await tokenOf(job), options)).Credentials);
}

function assumeRole(own: Credentials, options: { Policy?: string } = {}) {
  const command = { RoleArn: outputs.RoleArn, RoleSessionName: "terminal", ...options };
  return new STSClient(aws.clientConfig(own)).send(new AssumeRoleCommand(command));
}

type Issued = { AccessKeyId?: string; SecretAccessKey?: string; SessionToken?: string };

function credentials(issued: Issued = {}): Credentials {
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken } = issued;
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

function clients(own: Credentials) {
  const config = aws.clientConfig(own);
  return { kms: new KMSClient(config), s3: new S3Client(config) };
}

function sign(kms: KMSClient, options: { KeyId?: string; MessageType?: "RAW" | "DIGEST" } = {}) {
  const { KeyId = outputs.KeyArn, MessageType = "DIGEST" } = options;
  const Message = new Uint8Array(32).fill(7);
  return kms.send(
    new SignCommand({ KeyId, MessageType, Message, SigningAlgorithm: "ECDSA_SHA_256" }),
  );
}

function put(s3: S3Client, Key: string) {
  return s3.send(new PutObjectCommand({ Bucket: "state", Key, Body: "x", IfNoneMatch: "*" }));
}
