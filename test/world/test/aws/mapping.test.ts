import { Account } from "../../src/aws/account.ts";
import { readCall, services } from "../../src/aws/call.ts";
import { type HttpRequest, parseQuery } from "../../src/aws/request.ts";

const REGION = "us-east-1";
const KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";

test.each([
  ["GET /", "ListBuckets", ["s3:ListAllMyBuckets *"]],
  ["PUT /state", "CreateBucket", ["s3:CreateBucket arn:aws:s3:::state"]],
  ["HEAD /state", "HeadBucket", ["s3:ListBucket arn:aws:s3:::state"]],
  ["GET /state", "ListObjects", ["s3:ListBucket arn:aws:s3:::state"]],
  ["GET /state?list-type=2&prefix=a%2F", "ListObjectsV2", ["s3:ListBucket arn:aws:s3:::state"]],
  ["GET /state/?list-type=2", "ListObjectsV2", ["s3:ListBucket arn:aws:s3:::state"]],
  ["GET /state?versions", "ListObjectVersions", ["s3:ListBucketVersions arn:aws:s3:::state"]],
  ["GET /state?versioning", "GetBucketVersioning", ["s3:GetBucketVersioning arn:aws:s3:::state"]],
  ["PUT /state?policy", "PutBucketPolicy", ["s3:PutBucketPolicy arn:aws:s3:::state"]],
  [
    "GET /state?encryption",
    "GetBucketEncryption",
    ["s3:GetEncryptionConfiguration arn:aws:s3:::state"],
  ],
  [
    "GET /state?publicAccessBlock",
    "GetPublicAccessBlock",
    ["s3:GetBucketPublicAccessBlock arn:aws:s3:::state"],
  ],
  ["GET /state/a/b", "GetObject", ["s3:GetObject arn:aws:s3:::state/a/b"]],
  ["GET /state/a%20b?versionId=7", "GetObject", ["s3:GetObjectVersion arn:aws:s3:::state/a b"]],
  ["HEAD /state/a", "HeadObject", ["s3:GetObject arn:aws:s3:::state/a"]],
  ["GET /state/a?tagging", "GetObjectTagging", ["s3:GetObjectTagging arn:aws:s3:::state/a"]],
  ["PUT /state/a", "PutObject", ["s3:PutObject arn:aws:s3:::state/a"]],
  ["PUT /state/a?x-id=PutObject", "PutObject", ["s3:PutObject arn:aws:s3:::state/a"]],
  ["PUT /state/a?partNumber=1&uploadId=u", "UploadPart", ["s3:PutObject arn:aws:s3:::state/a"]],
  ["POST /state/a?uploads", "CreateMultipartUpload", ["s3:PutObject arn:aws:s3:::state/a"]],
  ["POST /state/a?uploadId=u", "CompleteMultipartUpload", ["s3:PutObject arn:aws:s3:::state/a"]],
  [
    "DELETE /state/a?uploadId=u",
    "AbortMultipartUpload",
    ["s3:AbortMultipartUpload arn:aws:s3:::state/a"],
  ],
  ["GET /state/a?uploadId=u", "ListParts", ["s3:ListMultipartUploadParts arn:aws:s3:::state/a"]],
  ["DELETE /state/a", "DeleteObject", ["s3:DeleteObject arn:aws:s3:::state/a"]],
  ["DELETE /state/a?versionId=7", "DeleteObject", ["s3:DeleteObjectVersion arn:aws:s3:::state/a"]],
])("S3: %s is %s and needs %j", async (line, operation, needed) => {
  expect(await understood(s3Request(line))).toEqual({ operation, needed });
});

test("copying an object needs reading the one and writing the other", async () => {
  const request = s3Request("PUT /state/to", { "x-amz-copy-source": "/other/from" });

  expect(await understood(request)).toEqual({
    operation: "CopyObject",
    needed: ["s3:GetObject arn:aws:s3:::other/from", "s3:PutObject arn:aws:s3:::state/to"],
  });
});

test("deleting many objects needs the permission for each", async () => {
  const body =
    "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key><VersionId>1</VersionId></Object></Delete>";

  expect(await understood(s3Request("POST /state?delete", {}, body))).toEqual({
    operation: "DeleteObjects",
    needed: ["s3:DeleteObject arn:aws:s3:::state/a", "s3:DeleteObjectVersion arn:aws:s3:::state/b"],
  });
});

test("replacing an object on a condition needs reading it too", async () => {
  const { needed } = await understood(s3Request("PUT /state/a", { "if-match": '"etag"' }));

  expect(needed).toEqual([
    "s3:PutObject arn:aws:s3:::state/a",
    "s3:GetObject arn:aws:s3:::state/a",
  ]);
});

test("the condition keys of S3 are read where AWS's list says that they are", async () => {
  expect(await contextOf(s3Request("PUT /state/a", { "if-none-match": "*" }))).toMatchObject({
    "s3:if-none-match": "*",
    "s3:ObjectCreationOperation": "true",
    "s3:authType": "REST-HEADER",
  });
  expect(await contextOf(s3Request("PUT /state/a"))).not.toHaveProperty("s3:if-none-match");
  expect(await contextOf(s3Request("POST /state/a?uploads"))).toMatchObject({
    "s3:ObjectCreationOperation": "false",
  });
  expect(
    await contextOf(s3Request("GET /state?list-type=2&prefix=a%2F&delimiter=%2F&max-keys=5")),
  ).toMatchObject({ "s3:prefix": "a/", "s3:delimiter": "/", "s3:max-keys": "5" });
});

test.each([
  ["Sign", { KeyId: KEY }, [`kms:Sign ${KEY}`]],
  ["Sign", { KeyId: KEY.split("/")[1] }, [`kms:Sign ${KEY}`]],
  ["Sign", { KeyId: "alias/deployer" }, [`kms:Sign ${KEY}`]],
  ["GetPublicKey", { KeyId: KEY }, [`kms:GetPublicKey ${KEY}`]],
  ["DescribeKey", { KeyId: KEY }, [`kms:DescribeKey ${KEY}`]],
  ["CreateKey", {}, ["kms:CreateKey *"]],
  ["ListAliases", {}, ["kms:ListAliases *"]],
  [
    "CreateAlias",
    { AliasName: "alias/new", TargetKeyId: KEY },
    ["kms:CreateAlias arn:aws:kms:us-east-1:123456789012:alias/new", `kms:CreateAlias ${KEY}`],
  ],
])("KMS: %s of %j needs %j", async (operation, params, needed) => {
  expect(await understood(kmsRequest(operation, params))).toEqual({ operation, needed });
});

test("the condition keys of KMS have the values of the parameters and of the key", async () => {
  const params = {
    KeyId: "alias/deployer",
    MessageType: "DIGEST",
    SigningAlgorithm: "ECDSA_SHA_256",
  };

  expect(await contextOf(kmsRequest("Sign", params))).toEqual({
    "kms:CallerAccount": "123456789012",
    "kms:MessageType": "DIGEST",
    "kms:SigningAlgorithm": "ECDSA_SHA_256",
    "kms:RequestAlias": "alias/deployer",
    "kms:KeySpec": "ECC_SECG_P256K1",
    "kms:KeyUsage": "SIGN_VERIFY",
    "kms:KeyOrigin": "AWS_KMS",
    "kms:MultiRegion": "false",
    "kms:ResourceAliases": ["alias/deployer"],
  });
});

const SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:axon/a/net-AbCdEf";
const NEW = "arn:aws:secretsmanager:us-east-1:123456789012:secret:axon/b/net";
const TAGS = [{ Key: "owner", Value: "b" }];

test.each([
  ["DescribeSecret", { SecretId: "axon/a/net" }, [`secretsmanager:DescribeSecret ${SECRET}`]],
  ["DescribeSecret", { SecretId: SECRET }, [`secretsmanager:DescribeSecret ${SECRET}`]],
  ["DescribeSecret", { SecretId: "axon/b/net" }, [`secretsmanager:DescribeSecret ${NEW}`]],
  ["PutResourcePolicy", { SecretId: SECRET }, [`secretsmanager:PutResourcePolicy ${SECRET}`]],
  ["CreateSecret", { Name: "axon/b/net" }, [`secretsmanager:CreateSecret ${NEW}`]],
  [
    "CreateSecret",
    { Name: "axon/b/net", Tags: TAGS, KmsKeyId: KEY },
    [
      `secretsmanager:CreateSecret ${NEW}`,
      `secretsmanager:TagResource ${NEW}`,
      `kms:GenerateDataKey ${KEY}`,
      `kms:Decrypt ${KEY}`,
    ],
  ],
  [
    "GetSecretValue",
    { SecretId: "axon/a/net" },
    [`secretsmanager:GetSecretValue ${SECRET}`, `kms:Decrypt ${KEY}`],
  ],
])("Secrets Manager: %s of %j needs %j", async (operation, params, needed) => {
  expect(await understood(secretsRequest(operation, params))).toEqual({ operation, needed });
});

test("the condition keys of Secrets Manager, and of KMS where it asks in the caller's name", async () => {
  const params = { Name: "axon/b/net", Tags: TAGS, KmsKeyId: KEY };
  const { needs } = await needsOf(secretsRequest("CreateSecret", params));
  expect(needs[0]?.context).toMatchObject({
    "secretsmanager:Name": "axon/b/net",
    "aws:RequestTag/owner": "b",
    "aws:TagKeys": ["owner"],
  });
  expect(needs[3]?.context).toMatchObject({
    "kms:ViaService": "secretsmanager.us-east-1.amazonaws.com",
  });
});

test.each([
  ["an alias that is not there", { KeyId: "alias/none" }, "is not found"],
  ["a key of another region", { KeyId: KEY.replace(REGION, "eu-west-1") }, "Invalid arn eu-west-1"],
])("%s is not found, whoever asks", async (_, params, message) => {
  await expect(understood(kmsRequest("Sign", params))).rejects.toMatchObject({
    refusal: { code: "NotFoundException", message: expect.stringContaining(message) },
  });
});

test("a bucket that is not there is not found, whoever asks", async () => {
  await expect(understood(s3Request("GET /nowhere/a"))).rejects.toMatchObject({
    refusal: { status: 404, code: "NoSuchBucket" },
  });
});

test.each([
  ["a service", { ...signed("sqs"), method: "POST", path: "/" }],
  ["an operation of KMS", kmsRequest("ReEncrypt", {})],
  ["an operation of Secrets Manager", secretsRequest("KeepSecret", {})],
  ["an operation that AWS does not have", kmsRequest("SignTwice", {})],
  ["an operation of S3", s3Request("PUT /state/a?renameObject", { "x-amz-rename-source": "b" })],
  ["an operation of STS", stsRequest("GetFederationToken")],
])("%s without a rule is refused by name and never let through", async (_, request) => {
  await expect(understood(request as HttpRequest)).rejects.toMatchObject({
    refusal: { status: 501, message: expect.stringContaining("no rule for") },
  });
});

function account(): Account {
  const made = new Account("123456789012", REGION);
  const policy = { Version: "2012-10-17", Statement: [] };
  for (const name of ["state", "other"]) {
    made.buckets.set(name, { name, region: REGION, deleted: new Set() });
  }
  made.keys.set(KEY, {
    arn: KEY,
    id: KEY.split("/")[1] ?? "",
    region: REGION,
    spec: "ECC_SECG_P256K1",
    usage: "SIGN_VERIFY",
    policy,
    state: "enabled",
  });
  made.aliases.set(made.arn("kms", "alias/deployer"), KEY);
  made.secrets.create({ arn: SECRET, name: "axon/a/net", kmsKeyId: KEY, tags: new Map() }, "1");
  return made;
}

async function needsOf(request: HttpRequest) {
  const call = readCall(request, REGION);
  return { call, needs: (await services[call.service]?.needs(call, account())) ?? [] };
}

async function understood(request: HttpRequest) {
  const { call, needs } = await needsOf(request);
  const needed = needs.map(({ action, resource }) => `${action} ${resource}`);
  return { operation: call.operation, needed };
}

async function contextOf(request: HttpRequest) {
  return (await needsOf(request)).needs[0]?.context;
}

function signed(service: string, headers: Record<string, string> = {}, body = ""): HttpRequest {
  const scope = `20260101/${REGION}/${service}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=AKIA/${scope}, SignedHeaders=host, Signature=0`;
  return {
    method: "POST",
    path: "/",
    query: [],
    headers: { authorization, "x-amz-date": "20260101T000000Z", ...headers },
    body: Buffer.from(body),
  };
}

function s3Request(line: string, headers: Record<string, string> = {}, body = ""): HttpRequest {
  const [method = "", url = ""] = line.split(" ");
  const [path = "", query = ""] = url.split("?");
  return { ...signed("s3", headers, body), method, path, query: parseQuery(query) };
}

function secretsRequest(operation: string, params: object): HttpRequest {
  const headers = { "x-amz-target": `secretsmanager.${operation}` };
  return signed("secretsmanager", headers, JSON.stringify(params));
}

function kmsRequest(operation: string, params: object): HttpRequest {
  const headers = { "x-amz-target": `TrentService.${operation}` };
  return signed("kms", headers, JSON.stringify(params));
}

function stsRequest(operation: string): HttpRequest {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  return signed("sts", headers, `Action=${operation}&Version=2011-06-15`);
}
