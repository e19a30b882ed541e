import type { Account, Secret } from "./account.ts";
import type { Call, Context, Need, Params, Service } from "./call.ts";
import { publishedAction } from "./model.ts";
import type { PolicyDocument } from "./policy.ts";
import { policyFault } from "./policy.ts";
import { refuse, unmapped } from "./refusal.ts";
import type { HttpReply, HttpRequest } from "./request.ts";

const TARGET = "secretsmanager.";

/** AWS Secrets Manager. Its actions have the names of its operations. */
export const secretsManager: Service = { protocol: "json", read, needs, answer, observe };

/** What of KMS the service asks for in the caller's name, for a secret under a key of one's own. */
const KMS_ACTIONS: Partial<Record<string, string[]>> = {
  CreateSecret: ["kms:GenerateDataKey", "kms:Decrypt"],
  PutSecretValue: ["kms:GenerateDataKey", "kms:Decrypt"],
  GetSecretValue: ["kms:Decrypt"],
};

function read({ headers, body }: HttpRequest) {
  const target = headers["x-amz-target"] ?? "";
  if (!target.startsWith(TARGET)) return undefined;
  const params = JSON.parse(body.toString("utf8") || "{}") as Params;
  return { operation: target.slice(TARGET.length), params, target };
}

async function needs(call: Call, account: Account): Promise<Need[]> {
  const action = await publishedAction("secretsmanager", call.operation);
  if (!action) throw unmapped(`secretsmanager:${call.operation}`);
  const secret = secretOf(call, account);
  const resource =
    secret?.arn ?? account.arn("secretsmanager", `secret:${nameOf(call)}`, call.region);
  const context = requestContext(call);
  const tagging = call.operation === "CreateSecret" && tagsOf(call).length > 0;
  return [
    { action: action.name, resource, context },
    ...(tagging ? [{ action: "secretsmanager:TagResource", resource, context }] : []),
    ...kmsNeeds(call, secret, account),
  ];
}

function nameOf({ params }: Call): string {
  return String(params.Name ?? params.SecretId ?? "*");
}

/** By its name, or its ARN with or without the six letters that AWS adds. */
function secretOf(call: Call, account: Account): Secret | undefined {
  const name = nameOf(call);
  const all = [...account.secrets.values()];
  return all.find((it) => it.arn === name || (it.name === name && it.region === call.region));
}

type Tag = { Key: string; Value: string };

function tagsOf({ params }: Call): Tag[] {
  return (params.Tags ?? []) as Tag[];
}

function requestContext(call: Call): Context {
  const { params, operation } = call;
  const tags = tagsOf(call);
  return {
    ...(operation === "CreateSecret"
      ? { "secretsmanager:Name": String(params.Name) }
      : { "secretsmanager:SecretId": String(params.SecretId) }),
    ...(params.KmsKeyId !== undefined && { "secretsmanager:KmsKeyArn": String(params.KmsKeyId) }),
    ...(params.BlockPublicPolicy !== undefined && {
      "secretsmanager:BlockPublicPolicy": String(params.BlockPublicPolicy),
    }),
    ...(tags.length > 0 && { "aws:TagKeys": tags.map(({ Key }) => Key) }),
    ...Object.fromEntries(tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
  };
}

function kmsNeeds(call: Call, secret: Secret | undefined, account: Account): Need[] {
  const name = secret?.key ?? call.params.KmsKeyId;
  const actions = KMS_ACTIONS[call.operation] ?? [];
  if (typeof name !== "string" || actions.length === 0) return [];
  const key = account.findKey(name, call.region);
  if (!key) throw refuse(400, "InvalidRequestException", `The KMS key ${name} does not exist.`);
  const context = {
    "kms:CallerAccount": account.id,
    "kms:ViaService": `secretsmanager.${call.region}.amazonaws.com`,
    "aws:ViaAWSService": "true",
  };
  return actions.map((action) => ({ action, resource: key.arn, context }));
}

/** What moto takes and AWS refuses. */
function answer(call: Call, account: Account): undefined {
  if (call.operation !== "PutResourcePolicy") return;
  const policy = JSON.parse(String(call.params.ResourcePolicy)) as PolicyDocument;
  const fault = policyFault(policy, "resource");
  const [stranger] = account.strangersIn(policy);
  const why = fault ?? (stranger && `the principal ${stranger} does not exist`);
  if (!why) return;
  const message = `This resource policy contains an invalid element: ${why}`;
  throw refuse(400, "MalformedPolicyDocumentException", message);
}

function observe(call: Call, reply: HttpReply, account: Account): void {
  const { operation, params, region } = call;
  if (operation === "CreateSecret") {
    const { ARN: arn, Name: name } = JSON.parse(reply.body.toString("utf8"));
    const key = typeof params.KmsKeyId === "string" ? params.KmsKeyId : undefined;
    if (!account.secrets.has(arn)) account.secrets.set(arn, { arn, name, region, key });
  }
  const secret = secretOf(call, account);
  if (!secret) return;
  if (operation === "PutResourcePolicy") {
    secret.policy = JSON.parse(String(params.ResourcePolicy)) as PolicyDocument;
  }
  if (operation === "DeleteResourcePolicy") delete secret.policy;
}
