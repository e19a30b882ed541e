import type { Account, Key } from "./account.ts";
import type { Call, Context, Need, Params, Service } from "./call.ts";
import { type PublishedAction, publishedAction } from "./model.ts";
import type { PolicyDocument } from "./policy.ts";
import { refuse, unmapped } from "./refusal.ts";
import type { HttpReply, HttpRequest } from "./request.ts";

const TARGET = "TrentService.";

/** AWS Key Management Service. Its actions have the names of its operations. */
export const kms: Service = {
  protocol: "json",
  read,
  needs,
  answer: check,
  observe,
  amend,
};

function read({ headers, body }: HttpRequest) {
  const target = headers["x-amz-target"] ?? "";
  if (!target.startsWith(TARGET)) return undefined;
  const params = JSON.parse(body.toString("utf8") || "{}") as Params;
  return { operation: target.slice(TARGET.length), params, target };
}

async function needs(call: Call, account: Account): Promise<Need[]> {
  const action = await publishedAction("kms", call.operation);
  if (!action) throw unmapped(`kms:${call.operation}`);
  const context = requestContext(call, action, account);

  if (action.resourceTypes.length === 0) {
    return [{ action: action.name, resource: "*", context }];
  }
  const resources = [...aliasesTouched(call, account), ...keyTouched(call, account)];
  return resources.map((resource) => {
    const key = account.keys.get(resource);
    const facts = key && keyContext(key, account);
    return { action: action.name, resource, context: { ...context, ...facts } };
  });
}

/** The operations on aliases need a permission on the alias and one on its key. */
function aliasesTouched({ params, region }: Call, account: Account): string[] {
  return params.AliasName === undefined ? [] : [account.arn("kms", `${params.AliasName}`, region)];
}

function keyTouched({ params, region, operation }: Call, account: Account): string[] {
  const name = params.KeyId ?? params.TargetKeyId ?? params.AliasName;
  if (typeof name !== "string") return [];
  const arn = /^arn:aws:kms:([^:]+):(\d+):(.+)$/.exec(name);
  if (arn && arn[1] !== region) {
    throw refuse(400, "NotFoundException", `Invalid arn ${arn[1]}`);
  }
  const key = account.findKey(name, region);
  if (key) return [key.arn];
  if (operation === "CreateAlias") throw noSuchKey(name, region, account);
  if (name.includes("alias/")) throw noSuchAlias(name, region, account);
  return [arn ? name : account.arn("kms", `key/${name}`, region)];
}

function noSuchAlias(name: string, region: string, account: Account) {
  const arn = name.startsWith("arn:") ? name : account.arn("kms", name, region);
  return refuse(400, "NotFoundException", `Alias ${arn} is not found.`);
}

function noSuchKey(name: string, region: string, account: Account) {
  const arn = name.startsWith("arn:") ? name : account.arn("kms", `key/${name}`, region);
  return refuse(400, "NotFoundException", `Key '${arn}' does not exist`);
}

/** Condition keys whose name is that of a parameter have its value. */
function requestContext({ params }: Call, action: PublishedAction, account: Account): Context {
  const context: Context = { "kms:CallerAccount": account.id };
  for (const key of action.conditionKeys) {
    const value = params[key.slice("kms:".length)];
    if (["string", "number", "boolean"].includes(typeof value)) context[key] = String(value);
  }
  const name = String(params.KeyId ?? "");
  if (name.includes("alias/")) context["kms:RequestAlias"] = name.slice(name.indexOf("alias/"));
  const window = params.PendingWindowInDays;
  if (window !== undefined) context["kms:ScheduleKeyDeletionPendingWindowInDays"] = String(window);
  return context;
}

function keyContext(key: Key, account: Account): Context {
  const aliases = account.aliasesOf(key.arn);
  return {
    "kms:KeySpec": key.spec,
    "kms:KeyUsage": key.usage,
    "kms:KeyOrigin": "AWS_KMS",
    "kms:MultiRegion": "false",
    ...(aliases.length > 0 && { "kms:ResourceAliases": aliases }),
  };
}

function check(call: Call, account: Account): undefined {
  checkState(call, account);
  checkDigest(call);
}

const CRYPTOGRAPHIC = new Set(["Sign", "Verify", "GetPublicKey"]);

/** moto signs with keys that are disabled. */
function checkState({ operation, params, region }: Call, account: Account): void {
  const key = account.findKey(String(params.KeyId), region);
  if (!key || key.state === "enabled" || !CRYPTOGRAPHIC.has(operation)) return;
  const code = key.state === "disabled" ? "DisabledException" : "KMSInvalidStateException";
  throw refuse(400, code, `${key.arn} is ${key.state}.`);
}

/** moto fails on a digest of the wrong length; KMS says so. */
function checkDigest({ operation, params }: Call): void {
  const { SigningAlgorithm, MessageType, Message } = params;
  const bits = /_SHA_(\d+)$/.exec(String(SigningAlgorithm))?.[1];
  if (operation !== "Sign" || MessageType !== "DIGEST" || bits === undefined) return;
  if (Buffer.from(String(Message), "base64").length === Number(bits) / 8) return;
  const message = `Digest is invalid length for algorithm ${SigningAlgorithm}.`;
  throw refuse(400, "ValidationException", message);
}

/** The state in which an operation leaves a key. */
const stateAfter: Record<string, Key["state"]> = {
  EnableKey: "enabled",
  DisableKey: "disabled",
  ScheduleKeyDeletion: "pending deletion",
  CancelKeyDeletion: "disabled",
};

function observe(call: Call, reply: HttpReply, account: Account): void {
  const { operation, params, region } = call;
  if (operation === "CreateKey") rememberKey(call, reply, account);
  const named = account.findKey(String(params.KeyId), region);
  if (named) named.state = stateAfter[operation] ?? named.state;
  if (named && operation === "PutKeyPolicy") {
    named.policy = JSON.parse(String(params.Policy)) as PolicyDocument;
  }
  const alias = account.arn("kms", String(params.AliasName), region);
  if (operation === "DeleteAlias") account.aliases.delete(alias);
  if (operation === "CreateAlias" || operation === "UpdateAlias") {
    const key = account.findKey(String(params.TargetKeyId), region);
    if (key) account.aliases.set(alias, key.arn);
  }
}

/** KMS calls the key of a public key by its ARN, moto by its id. */
function amend({ operation, params, region }: Call, reply: HttpReply, account: Account): HttpReply {
  const key = account.findKey(String(params.KeyId), region);
  if (operation !== "GetPublicKey" || reply.status !== 200 || !key) return reply;
  const answer = { ...JSON.parse(reply.body.toString("utf8")), KeyId: key.arn };
  return { ...reply, body: Buffer.from(JSON.stringify(answer)) };
}

type Metadata = { KeyId: string; Arn: string; KeySpec: string; KeyUsage: string };

function rememberKey({ params, region }: Call, reply: HttpReply, account: Account): void {
  const made = JSON.parse(reply.body.toString("utf8")) as { KeyMetadata: Metadata };
  const { KeyId: id, Arn: arn, KeySpec: spec, KeyUsage: usage } = made.KeyMetadata;
  const policy =
    typeof params.Policy === "string"
      ? (JSON.parse(params.Policy) as PolicyDocument)
      : defaultKeyPolicy(account);
  account.keys.set(arn, { arn, id, region, spec, usage, policy, state: "enabled" });
}

/** The policy that KMS gives a key made without one: IAM's policies decide. */
function defaultKeyPolicy(account: Account): PolicyDocument {
  return {
    Version: "2012-10-17",
    Statement: {
      Sid: "Enable IAM User Permissions",
      Effect: "Allow",
      Principal: { AWS: account.rootArn },
      Action: "kms:*",
      Resource: "*",
    },
  };
}
