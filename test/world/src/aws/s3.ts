import type { Account } from "./account.ts";
import type { Call, Context, Need, Service } from "./call.ts";
import { type PublishedAction, publishedAction } from "./model.ts";
import { type PolicyDocument, policyFault } from "./policy.ts";
import { Refused, refuse, unmapped } from "./refusal.ts";
import { type HttpReply, type HttpRequest, queryValue } from "./request.ts";
import { s3Operation } from "./s3-routes.ts";

/** Amazon S3, buckets named in the path. */
export const s3: Service = { protocol: "s3", read, needs, answer, amend, observe };

export type S3Params = { bucket?: string; key?: string };

/**
 * The operations that are not named like the action they need, as AWS lists them:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_s3.html
 */
const actionOf: Record<string, string> = {
  CompleteMultipartUpload: "PutObject",
  CopyObject: "PutObject",
  CreateMultipartUpload: "PutObject",
  DeleteBucketCors: "PutBucketCORS",
  DeleteBucketEncryption: "PutEncryptionConfiguration",
  DeleteBucketLifecycle: "PutLifecycleConfiguration",
  DeleteBucketOwnershipControls: "PutBucketOwnershipControls",
  DeleteBucketReplication: "PutReplicationConfiguration",
  DeleteBucketTagging: "PutBucketTagging",
  DeleteObjects: "DeleteObject",
  DeletePublicAccessBlock: "PutBucketPublicAccessBlock",
  GetBucketEncryption: "GetEncryptionConfiguration",
  GetBucketLifecycleConfiguration: "GetLifecycleConfiguration",
  GetBucketNotificationConfiguration: "GetBucketNotification",
  GetBucketReplication: "GetReplicationConfiguration",
  GetObjectLockConfiguration: "GetBucketObjectLockConfiguration",
  GetPublicAccessBlock: "GetBucketPublicAccessBlock",
  HeadBucket: "ListBucket",
  HeadObject: "GetObject",
  ListBuckets: "ListAllMyBuckets",
  ListMultipartUploads: "ListBucketMultipartUploads",
  ListObjects: "ListBucket",
  ListObjectsV2: "ListBucket",
  ListObjectVersions: "ListBucketVersions",
  ListParts: "ListMultipartUploadParts",
  PutBucketEncryption: "PutEncryptionConfiguration",
  PutBucketLifecycleConfiguration: "PutLifecycleConfiguration",
  PutBucketNotificationConfiguration: "PutBucketNotification",
  PutBucketReplication: "PutReplicationConfiguration",
  PutObjectLockConfiguration: "PutBucketObjectLockConfiguration",
  PutPublicAccessBlock: "PutBucketPublicAccessBlock",
  UploadPart: "PutObject",
  UploadPartCopy: "PutObject",
};

/** Whether an upload makes the object, rather than a part or the start of one. */
const creates = new Set(["PutObject", "CopyObject", "CompleteMultipartUpload"]);

function read(request: HttpRequest) {
  const { bucket, key } = named(request.path);
  const depth = key !== undefined ? 2 : bucket !== undefined ? 1 : 0;
  const operation = s3Operation(request, depth);
  if (operation === undefined) return undefined;
  const target = `${request.method} ${decodeURIComponent(request.path)}`;
  return { operation, params: { bucket, key }, target };
}

function named(path: string): S3Params {
  const [, bucket = "", key = ""] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  return {
    bucket: bucket === "" ? undefined : decodeURIComponent(bucket),
    key: key === "" ? undefined : decodeURIComponent(key),
  };
}

async function needs(call: Call, account: Account): Promise<Need[]> {
  const { bucket, key } = call.params as S3Params;
  if (bucket !== undefined && call.operation !== "CreateBucket") {
    checkBucket(bucket, call, account);
  }
  const actions = [actionOf[call.operation] ?? call.operation, ...further(call)];
  const own = await Promise.all(
    actions.map((action) => need(call, withVersion(action, call), bucket, key)),
  );
  if (call.operation === "DeleteObjects") return deletions(call, bucket ?? "");
  return [...(await copied(call)), ...own];
}

async function need(call: Call, name: string, bucket?: string, key?: string): Promise<Need> {
  const action = await publishedAction("s3", name);
  if (!action) throw unmapped(`s3:${call.operation}`);
  return { action: action.name, resource: arnOf(action, bucket, key), context: of(call, action) };
}

function arnOf({ resourceTypes }: PublishedAction, bucket?: string, key?: string): string {
  if (resourceTypes.length === 0) return "*";
  if (resourceTypes.includes("object") && key !== undefined) return `arn:aws:s3:::${bucket}/${key}`;
  return `arn:aws:s3:::${bucket}`;
}

/** What headers ask for beside the operation itself. */
function further({ operation, request: { headers } }: Call): string[] {
  if (!creates.has(operation) && operation !== "CreateMultipartUpload") return [];
  return [
    ...(headers["if-match"] !== undefined ? ["GetObject"] : []),
    ...(headers["x-amz-acl"] !== undefined ? ["PutObjectAcl"] : []),
    ...(headers["x-amz-tagging"] !== undefined ? ["PutObjectTagging"] : []),
    ...(headers["x-amz-object-lock-mode"] !== undefined ? ["PutObjectRetention"] : []),
    ...(headers["x-amz-object-lock-legal-hold"] !== undefined ? ["PutObjectLegalHold"] : []),
  ];
}

/** Naming a version asks for another action, with `Version` in its name. */
function withVersion(action: string, { request }: Call): string {
  const version = queryValue(request, "versionId");
  return version === undefined ? action : action.replace(/Object(?=[A-Z]|$)/, "ObjectVersion");
}

/** Reading what is copied is a permission of its own. */
async function copied(call: Call): Promise<Need[]> {
  const source = call.request.headers["x-amz-copy-source"];
  if (source === undefined) return [];
  const [path = "", version] = source.split("?versionId=");
  const { bucket, key } = named(path.startsWith("/") ? path : `/${path}`);
  return [await need(call, version ? "GetObjectVersion" : "GetObject", bucket, key)];
}

async function deletions(call: Call, bucket: string): Promise<Need[]> {
  const objects = call.request.body.toString("utf8").match(/<Object>.*?<\/Object>/gs) ?? [];
  return Promise.all(
    objects.map((object) => {
      const key = /<Key>(.*?)<\/Key>/s.exec(object)?.[1] ?? "";
      const action = object.includes("<VersionId>") ? "DeleteObjectVersion" : "DeleteObject";
      return need(call, action, bucket, key);
    }),
  );
}

/** Condition keys are named after the header or the query's field that holds their value. */
function of({ operation, request, signature }: Call, action: PublishedAction): Context {
  const context: Context = {
    "s3:signatureversion": "AWS4-HMAC-SHA256",
    "s3:authType": signature?.presignedFor === undefined ? "REST-HEADER" : "REST-QUERY-STRING",
  };
  for (const key of action.conditionKeys.filter((it) => it.startsWith("s3:"))) {
    const name = key.slice("s3:".length).toLowerCase();
    const value = request.headers[name] ?? queryValue(request, name);
    if (value !== undefined) context[key] = value;
  }
  const version = queryValue(request, "versionId");
  if (version !== undefined) context["s3:VersionId"] = version;
  if (action.name === "s3:PutObject") {
    context["s3:ObjectCreationOperation"] = String(creates.has(operation));
  }
  return context;
}

function checkBucket(name: string, { region }: Call, account: Account): void {
  const bucket = account.buckets.get(name);
  if (!bucket) {
    throw new Refused({
      status: 404,
      code: "NoSuchBucket",
      message: "The specified bucket does not exist",
      details: { BucketName: name },
    });
  }
  if (bucket.region === region) return;
  throw new Refused({
    status: 400,
    code: "AuthorizationHeaderMalformed",
    message:
      `The authorization header is malformed; the region '${region}' is wrong; ` +
      `expecting '${bucket.region}'`,
    headers: { "x-amz-bucket-region": bucket.region },
    details: { Region: bucket.region },
  });
}

function observe(call: Call, reply: HttpReply, account: Account): void {
  const name = String((call.params as S3Params).bucket);
  const { operation, region, request } = call;
  if (operation === "CreateBucket") {
    const place = /<LocationConstraint>(.*?)</.exec(request.body.toString("utf8"))?.[1];
    account.buckets.set(name, { name, region: place ?? region, deleted: new Set() });
  }
  if (operation === "DeleteBucket") account.buckets.delete(name);
  noteMarker(call, reply, account);
}

/** A deletion leaves a marker; a new version or the deletion of the marker itself takes it away. */
function noteMarker({ operation, params, request }: Call, reply: HttpReply, account: Account) {
  const { bucket = "", key = "" } = params as S3Params;
  const deleted = account.buckets.get(bucket)?.deleted;
  const marked = reply.headers["x-amz-delete-marker"] === "true";
  const versioned = queryValue(request, "versionId") !== undefined;
  if (operation === "DeleteObject" && marked && !versioned) deleted?.add(key);
  if (operation === "DeleteObject" && marked && versioned) deleted?.delete(key);
  if (creates.has(operation)) deleted?.delete(key);
}

/** An object behind a delete marker is missing, but not as one that never was: moto keeps that. */
function amend({ operation, params }: Call, reply: HttpReply, account: Account): HttpReply {
  const { bucket = "", key = "" } = params as S3Params;
  const reads = operation === "GetObject" || operation === "HeadObject";
  if (!reads || reply.status !== 404) return reply;
  if (!account.buckets.get(bucket)?.deleted.has(key)) return reply;
  return { ...reply, headers: { ...reply.headers, "x-amz-delete-marker": "true" } };
}

/** A bucket's policy is kept here: moto would apply it too, and wrongly. */
function answer(call: Call, account: Account): HttpReply | undefined {
  const bucket = account.buckets.get(String((call.params as S3Params).bucket));
  if (!bucket) return undefined;
  const done: HttpReply = { status: 204, headers: {}, body: Buffer.alloc(0) };
  switch (call.operation) {
    case "PutBucketPolicy":
      bucket.policy = readPolicy(call.request, account);
      return done;
    case "DeleteBucketPolicy":
      bucket.policy = undefined;
      return done;
    case "GetBucketPolicy":
      if (!bucket.policy) throw noPolicy(bucket.name);
      return {
        status: 200,
        headers: { "content-type": "application/json" },
        body: Buffer.from(JSON.stringify(bucket.policy)),
      };
    default:
      return undefined;
  }
}

function readPolicy({ body }: HttpRequest, account: Account): PolicyDocument {
  const policy = JSON.parse(body.toString("utf8")) as PolicyDocument;
  const fault = policyFault(policy, "resource");
  if (fault !== undefined) throw refuse(400, "MalformedPolicy", fault);
  if (account.strangersIn(policy).length === 0) return policy;
  throw refuse(400, "MalformedPolicy", "Invalid principal in policy");
}

function noPolicy(name: string): Refused {
  return new Refused({
    status: 404,
    code: "NoSuchBucketPolicy",
    message: "The bucket policy does not exist",
    details: { BucketName: name },
  });
}
