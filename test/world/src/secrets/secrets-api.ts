import type { Account } from "../aws/account.ts";
import type { Call, Context, Need, Params, Service } from "../aws/call.ts";
import { publishedAction } from "../aws/model.ts";
import { type PolicyDocument, policyFault } from "../aws/policy.ts";
import { refuse, unmapped } from "../aws/refusal.ts";
import type { HttpReply, HttpRequest } from "../aws/request.ts";
import { type Content, newVersionId, put, type Secret, versionOf } from "./secrets.ts";

const TARGET = "secretsmanager.";

/** AWS Secrets Manager, of which the gateway itself keeps everything. */
export const secretsManager: Service = { protocol: "json", read, needs, answer };

function read({ headers, body }: HttpRequest) {
  const target = headers["x-amz-target"] ?? "";
  const operation = target.slice(TARGET.length);
  if (!target.startsWith(TARGET) || !(operation in operations)) return undefined;
  const params = JSON.parse(body.toString("utf8") || "{}") as Params;
  return { operation, params, target };
}

async function needs(call: Call, account: Account): Promise<Need[]> {
  const { operation, params, region } = call;
  const action = await publishedAction("secretsmanager", operation);
  if (!action) throw unmapped(`secretsmanager:${operation}`);
  if (operation === "ListSecrets") return [{ action: action.name, resource: "*", context: {} }];

  const secret = account.secrets.find(arnOf(call, account));
  const resource = secret?.arn ?? unmadeArn(call, account);
  const context = { ...contextOf(params), ...(secret && factsOf(secret)) };
  const key = secret ? secret.kmsKeyId : (params.KmsKeyId as string | undefined);
  const ciphers = key === undefined ? [] : (CIPHERS[operation] ?? []);
  const tagging = operation === "CreateSecret" && context["aws:TagKeys"] !== undefined;
  return [
    { action: action.name, resource, context },
    ...(tagging ? [{ action: "secretsmanager:TagResource", resource, context }] : []),
    ...ciphers.map((cipher) => ({
      action: cipher,
      resource: account.findKey(key ?? "", region)?.arn ?? account.arn("kms", `key/${key}`, region),
      context: {
        "kms:ViaService": `secretsmanager.${region}.amazonaws.com`,
        "kms:CallerAccount": account.id,
        "kms:EncryptionContext:SecretARN": resource,
        "kms:EncryptionContextKeys": ["SecretARN"],
      },
    })),
  ];
}

/** What the caller has to be allowed with the secret's key, where it is not AWS's own. */
const CIPHERS: Record<string, string[]> = {
  CreateSecret: ["kms:GenerateDataKey", "kms:Decrypt"],
  PutSecretValue: ["kms:GenerateDataKey", "kms:Decrypt"],
  GetSecretValue: ["kms:Decrypt"],
};

/** A secret that is to be made is judged before it has its random end. */
function unmadeArn(call: Call, account: Account): string {
  const { Name, SecretId } = call.params;
  const name = String(Name ?? SecretId);
  return name.startsWith("arn:")
    ? name
    : account.arn("secretsmanager", `secret:${name}`, call.region);
}

/** A name that no secret has is a resource without the random end, which few policies match. */
function arnOf({ operation, params, region }: Call, account: Account): string {
  const prefix = account.arn("secretsmanager", "secret:", region);
  if (operation === "CreateSecret") return account.secrets.arnFor(prefix, String(params.Name));
  const id = String(params.SecretId);
  return account.secrets.find(id)?.arn ?? (id.startsWith("arn:") ? id : `${prefix}${id}`);
}

type Tag = { Key: string; Value: string };

function contextOf({ Name, SecretId, KmsKeyId, Tags = [], VersionStage }: Params): Context {
  const tags = Tags as Tag[];
  return {
    ...(Name !== undefined && { "secretsmanager:Name": String(Name) }),
    ...(SecretId !== undefined && { "secretsmanager:SecretId": String(SecretId) }),
    ...(KmsKeyId !== undefined && {
      "secretsmanager:KmsKeyId": String(KmsKeyId),
      "secretsmanager:KmsKeyArn": String(KmsKeyId),
    }),
    ...(VersionStage !== undefined && { "secretsmanager:VersionStage": String(VersionStage) }),
    ...(tags.length > 0 && { "aws:TagKeys": tags.map(({ Key }) => Key) }),
    ...Object.fromEntries(tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
  };
}

function factsOf({ tags }: Secret): Context {
  return Object.fromEntries([...tags].map(([key, value]) => [`aws:ResourceTag/${key}`, value]));
}

function answer(call: Call, account: Account): HttpReply {
  const result = operations[call.operation as keyof typeof operations](call, account);
  const headers = { "content-type": "application/x-amz-json-1.1" };
  return { status: 200, headers, body: Buffer.from(JSON.stringify(result)) };
}

const operations = {
  CreateSecret: create,
  GetSecretValue: ({ params }: Call, account: Account) => {
    const secret = living(params, account);
    const { VersionId: id, VersionStage: stage } = params as Record<string, string | undefined>;
    const version = versionOf(secret, id, stage);
    return {
      ...named(secret),
      ...version.content,
      VersionId: version.id,
      VersionStages: [...version.stages],
      CreatedDate: version.madeAt.getTime() / 1000,
    };
  },
  PutSecretValue: ({ params }: Call, account: Account) => {
    const secret = living(params, account);
    const { ClientRequestToken = newVersionId(), VersionStages = ["AWSCURRENT"] } = params;
    const stages = VersionStages as string[];
    const version = put(secret, String(ClientRequestToken), contentOf(params) ?? {}, stages);
    return { ...named(secret), VersionId: version.id, VersionStages: [...version.stages] };
  },
  DescribeSecret: ({ params }: Call, account: Account) => described(known(params, account)),
  ListSecrets: (_: Call, { secrets }: Account) => ({
    SecretList: secrets
      .all()
      .filter(({ goesAt }) => !goesAt)
      .map(described),
  }),
  DeleteSecret: remove,
  RestoreSecret: ({ params }: Call, account: Account) => {
    const secret = known(params, account);
    delete secret.goesAt;
    return named(secret);
  },
  PutResourcePolicy: putPolicy,
  GetResourcePolicy: ({ params }: Call, account: Account) => {
    const secret = known(params, account);
    const ResourcePolicy = secret.policy && JSON.stringify(secret.policy);
    return { ...named(secret), ResourcePolicy };
  },
  TagResource: ({ params }: Call, account: Account) => {
    const { tags } = known(params, account);
    for (const { Key, Value } of params.Tags as Tag[]) tags.set(Key, Value);
    return {};
  },
};

function create(call: Call, account: Account) {
  const { Name, KmsKeyId, Description, Tags = [], ClientRequestToken } = call.params;
  const secret = account.secrets.create(
    {
      arn: arnOf(call, account),
      name: String(Name),
      ...(KmsKeyId !== undefined && { kmsKeyId: String(KmsKeyId) }),
      ...(Description !== undefined && { description: String(Description) }),
      tags: new Map((Tags as Tag[]).map(({ Key, Value }) => [Key, Value])),
    },
    String(ClientRequestToken ?? newVersionId()),
    contentOf(call.params),
  );
  return { ...named(secret), VersionId: secret.versions.at(-1)?.id };
}

function remove({ params }: Call, account: Account) {
  const secret = known(params, account);
  const { RecoveryWindowInDays: days = 30, ForceDeleteWithoutRecovery: force } = params;
  secret.goesAt = new Date(Date.now() + (force ? 0 : Number(days) * 86_400_000));
  if (force) account.secrets.remove(secret.arn);
  return { ...named(secret), DeletionDate: secret.goesAt.getTime() / 1000 };
}

function putPolicy({ params }: Call, account: Account) {
  const secret = living(params, account);
  const policy = JSON.parse(String(params.ResourcePolicy)) as PolicyDocument;
  const [stranger] = account.strangersIn(policy);
  const unknown = stranger && `the principal ${stranger} does not exist`;
  const fault = policyFault(policy, "resource") ?? unknown;
  if (fault !== undefined) {
    const message = `This resource policy contains an unsupported principal or is invalid: ${fault}`;
    throw refuse(400, "MalformedPolicyDocumentException", message);
  }
  secret.policy = policy;
  return named(secret);
}

function known({ SecretId }: Params, { secrets }: Account): Secret {
  const secret = secrets.find(String(SecretId));
  if (secret) return secret;
  const message = "Secrets Manager can't find the specified secret.";
  throw refuse(400, "ResourceNotFoundException", message);
}

function living(params: Params, account: Account): Secret {
  const secret = known(params, account);
  if (!secret.goesAt) return secret;
  const why = "because it was marked for deletion.";
  const message = `You can't perform this operation on the secret ${why}`;
  throw refuse(400, "InvalidRequestException", message);
}

function contentOf({ SecretString, SecretBinary }: Params): Content | undefined {
  if (SecretString !== undefined) return { SecretString: String(SecretString) };
  if (SecretBinary !== undefined) return { SecretBinary: String(SecretBinary) };
  return undefined;
}

const named = ({ arn, name }: Secret) => ({ ARN: arn, Name: name });

function described(secret: Secret) {
  const { description, kmsKeyId, tags, versions, madeAt, goesAt } = secret;
  return {
    ...named(secret),
    Description: description,
    KmsKeyId: kmsKeyId,
    Tags: [...tags].map(([Key, Value]) => ({ Key, Value })),
    VersionIdsToStages: Object.fromEntries(versions.map(({ id, stages }) => [id, [...stages]])),
    CreatedDate: madeAt.getTime() / 1000,
    DeletedDate: goesAt && goesAt.getTime() / 1000,
  };
}
