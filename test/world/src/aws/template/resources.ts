import { cloudfrontTypes } from "../../edge/resources.ts";
import { eksTypes } from "../../eks/resources.ts";
import type { Account } from "../account.ts";
import { randomId } from "../keyring.ts";
import { type PolicyDocument, type PolicyKind, policyFault } from "../policy.ts";
import { onlyKnown } from "./document.ts";
import type { Made } from "./intrinsics.ts";

/** For how long a bucket locks each object that is stored. */
export type LockRule = { Mode: "GOVERNANCE" | "COMPLIANCE"; Days: number };

/** What a template needs done in AWS itself, rather than in the account's books. */
export type Hands = {
  createBucket(name: string, options: { versioned: boolean; lock?: LockRule }): Promise<void>;
  setBucketPolicy(bucket: string, policy: PolicyDocument): Promise<void>;
  createKey(
    spec: string,
    usage: string,
    policy?: PolicyDocument,
  ): Promise<{ id: string; arn: string }>;
  setKeyPolicy(key: string, policy: PolicyDocument): Promise<void>;
  createAlias(alias: string, key: string): Promise<void>;
};

export type Place = {
  account: Account;
  hands: Hands;
  logicalId: string;
  stack: string;
  /** The resource that an earlier deployment of the stack made. */
  existing?: Made;
};

export type Maker = {
  /** Every property that is acted upon, or makes no difference to who may do what. */
  properties: string[];
  make(properties: never, place: Place): Promise<Omit<Made, "type">>;
};

export const resourceTypes: Record<string, Maker> = {
  "AWS::IAM::OIDCProvider": {
    properties: ["Url", "ClientIdList", "ThumbprintList", "Tags"],
    make: makeProvider,
  },
  "AWS::IAM::Role": {
    properties: [
      "AssumeRolePolicyDocument",
      "Description",
      "ManagedPolicyArns",
      "MaxSessionDuration",
      "Path",
      "PermissionsBoundary",
      "Policies",
      "RoleName",
      "Tags",
    ],
    make: makeRole,
  },
  "AWS::IAM::ManagedPolicy": {
    properties: ["Description", "ManagedPolicyName", "Path", "PolicyDocument", "Roles"],
    make: makeManagedPolicy,
  },
  "AWS::S3::Bucket": {
    properties: [
      "BucketEncryption",
      "BucketName",
      "LifecycleConfiguration",
      "ObjectLockConfiguration",
      "ObjectLockEnabled",
      "OwnershipControls",
      "PublicAccessBlockConfiguration",
      "Tags",
      "VersioningConfiguration",
    ],
    make: makeBucket,
  },
  "AWS::S3::BucketPolicy": { properties: ["Bucket", "PolicyDocument"], make: makeBucketPolicy },
  "AWS::KMS::Key": {
    properties: ["Description", "KeyPolicy", "KeySpec", "KeyUsage", "PendingWindowInDays", "Tags"],
    make: makeKey,
  },
  "AWS::KMS::Alias": { properties: ["AliasName", "TargetKeyId"], make: makeAlias },
  ...cloudfrontTypes,
  ...eksTypes,
};

type Provider = { Url: string; ClientIdList?: string[] };

async function makeProvider({ Url, ClientIdList = [] }: Provider, { account }: Place) {
  if (!Url.startsWith("https://")) throw new Error(`${Url} does not begin with https://`);
  const name = Url.slice("https://".length).replace(/\/$/, "");
  const arn = account.arn("iam", `oidc-provider/${name}`);
  account.providers.set(name, { arn, name, clientIds: ClientIdList });
  return { id: arn, attributes: { Arn: arn } };
}

type RoleProperties = {
  AssumeRolePolicyDocument: PolicyDocument | string;
  RoleName?: string;
  Path?: string;
  MaxSessionDuration?: number | string;
  ManagedPolicyArns?: string[];
  PermissionsBoundary?: string;
  Policies?: { PolicyName: string; PolicyDocument: PolicyDocument }[];
};

async function makeRole(properties: RoleProperties, place: Place) {
  const { account, existing } = place;
  const { AssumeRolePolicyDocument: text, Path = "/", PermissionsBoundary: boundary } = properties;
  const trust: PolicyDocument = typeof text === "string" ? JSON.parse(text) : text;
  const name = properties.RoleName ?? existing?.id ?? generatedName(place);
  const arn = account.arn("iam", `role${Path}${name}`);
  const managed = properties.ManagedPolicyArns ?? [];
  for (const policy of [...managed, ...(boundary === undefined ? [] : [boundary])]) {
    account.managed(policy);
  }
  const inline = (properties.Policies ?? []).map((policy) => {
    onlyKnown(policy, ["PolicyName", "PolicyDocument"], "an inline policy");
    return [policy.PolicyName, checked(policy.PolicyDocument, "inline", account)];
  });
  const id = account.roles.get(arn)?.id ?? `AROA${randomId(17)}`;
  account.roles.set(arn, {
    arn,
    name,
    id,
    trust: checked(trust, "trust", account),
    inline: Object.fromEntries(inline),
    managed,
    boundary,
    maxSessionSeconds: Number(properties.MaxSessionDuration ?? 3_600),
  });
  return { id: name, attributes: { Arn: arn, RoleId: id } };
}

type ManagedPolicy = {
  PolicyDocument: PolicyDocument;
  ManagedPolicyName?: string;
  Path?: string;
  Roles?: string[];
};

async function makeManagedPolicy(properties: ManagedPolicy, place: Place) {
  const { account, existing } = place;
  const { ManagedPolicyName: name = generatedName(place), Path = "/", Roles = [] } = properties;
  const arn = existing?.id ?? account.arn("iam", `policy${Path}${name}`);
  account.managedPolicies.set(arn, checked(properties.PolicyDocument, "managed", account));
  for (const roleName of Roles) {
    const role = [...account.roles.values()].find((it) => it.name === roleName);
    if (!role) throw new Error(`there is no role ${roleName} to attach it to`);
    role.managed = [...new Set([...role.managed, arn])];
  }
  return { id: arn, attributes: { PolicyArn: arn } };
}

type BucketProperties = {
  BucketName?: string;
  VersioningConfiguration?: { Status: string };
  ObjectLockEnabled?: boolean | string;
  ObjectLockConfiguration?: { Rule: { DefaultRetention: LockRule } };
};

async function makeBucket(properties: BucketProperties, place: Place) {
  const { hands, existing, account } = place;
  const name = properties.BucketName ?? existing?.id ?? generatedName(place).toLowerCase();
  const versioned = properties.VersioningConfiguration?.Status === "Enabled";
  const lock = lockOf(properties);
  if (!existing) await hands.createBucket(name, { versioned, ...(lock && { lock }) });
  const domain = `${name}.s3.amazonaws.com`;
  const regional = `${name}.s3.${account.region}.amazonaws.com`;
  const attributes = {
    Arn: `arn:aws:s3:::${name}`,
    DomainName: domain,
    RegionalDomainName: regional,
  };
  return { id: name, attributes };
}

function lockOf(properties: BucketProperties): LockRule | undefined {
  const { ObjectLockEnabled: isEnabled, ObjectLockConfiguration: configuration } = properties;
  if (!configuration) return undefined;
  if (String(isEnabled) !== "true") {
    throw new Error(
      "AWS would refuse the bucket: it has a rule for locks, and no ObjectLockEnabled",
    );
  }
  const { Mode, Days } = configuration.Rule.DefaultRetention;
  return { Mode, Days: Number(Days) };
}

type BucketPolicy = { Bucket: string; PolicyDocument: PolicyDocument };

async function makeBucketPolicy({ Bucket, PolicyDocument }: BucketPolicy, place: Place) {
  const policy = checked(PolicyDocument, "resource", place.account);
  await place.hands.setBucketPolicy(Bucket, policy);
  return { id: Bucket, attributes: {} };
}

type KeyProperties = { KeyPolicy?: PolicyDocument; KeySpec?: string; KeyUsage?: string };

async function makeKey(properties: KeyProperties, { hands, existing, account }: Place) {
  const { KeySpec = "SYMMETRIC_DEFAULT", KeyUsage = "ENCRYPT_DECRYPT", KeyPolicy } = properties;
  const policy = KeyPolicy && checked(KeyPolicy, "resource", account);
  if (existing && policy) await hands.setKeyPolicy(existing.id, policy);
  const { id, arn } = existing
    ? { id: existing.id, arn: account.arn("kms", `key/${existing.id}`) }
    : await hands.createKey(KeySpec, KeyUsage, policy);
  return { id, attributes: { Arn: arn, KeyId: id } };
}

type AliasProperties = { AliasName: string; TargetKeyId: string };

async function makeAlias({ AliasName, TargetKeyId }: AliasProperties, { hands, existing }: Place) {
  if (!existing) await hands.createAlias(AliasName, TargetKeyId);
  return { id: AliasName, attributes: {} };
}

function checked(document: PolicyDocument, kind: PolicyKind, account: Account): PolicyDocument {
  const fault = policyFault(document, kind);
  if (fault !== undefined) throw new Error(`AWS would refuse the ${kind} policy: ${fault}`);
  const [stranger] = account.strangersIn(document);
  if (stranger) throw new Error(`AWS would refuse the ${kind} policy: there is no ${stranger}`);
  return document;
}

/** As CloudFormation names what has no name of its own. */
function generatedName({ stack, logicalId }: Place): string {
  return `${stack}-${logicalId}-${randomId(12)}`;
}
