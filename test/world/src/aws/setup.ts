import {
  CreateAliasCommand,
  CreateKeyCommand,
  type CreateKeyCommandInput,
  GetPublicKeyCommand,
  KMSClient,
  PutKeyPolicyCommand,
} from "@aws-sdk/client-kms";
import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  GetObjectCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  paginateListObjectsV2,
  S3Client,
} from "@aws-sdk/client-s3";
import { computeAddress, hexlify } from "ethers";
import type { Trace } from "../runner/traces.ts";
import type { Credentials } from "./keyring.ts";
import type { PolicyDocument } from "./policy.ts";
import type { Hands, LockRule } from "./template/resources.ts";

export type ClientConfig = { endpoint: string; region: string; credentials: Credentials };

export type KeyOptions = {
  spec?: string;
  usage?: string;
  /** With or without `alias/` before it. */
  alias?: string;
  policy?: PolicyDocument;
};

/** `address` is the account on an EVM chain that the key signs for; empty for other curves. */
export type MadeKey = { id: string; arn: string; address: string };

export type BucketOptions = {
  versioned?: boolean;
  policy?: PolicyDocument;
  region?: string;
  /** Of a bucket that locks what is stored. */
  lock?: LockRule;
};

const UNCOMPRESSED_POINT = 65;

/** Makes keys and buckets as the account's administrator would, through the gateway. */
export class Setup implements Hands {
  readonly #config: ClientConfig;
  readonly #kms: KMSClient;
  readonly #s3: S3Client;

  constructor(config: ClientConfig) {
    this.#config = config;
    this.#kms = new KMSClient(config);
    this.#s3 = new S3Client(config);
  }

  async makeKey(options: KeyOptions = {}): Promise<MadeKey> {
    const { spec = "ECC_SECG_P256K1", usage = "SIGN_VERIFY", alias, policy } = options;
    const key = await this.createKey(spec, usage, policy);
    if (alias !== undefined)
      await this.createAlias(`alias/${alias.replace(/^alias\//, "")}`, key.id);
    const address = spec === "ECC_SECG_P256K1" ? await this.addressOf(key.id) : "";
    return { ...key, address };
  }

  async createKey(spec: string, usage: string, policy?: PolicyDocument) {
    const command = new CreateKeyCommand({
      KeySpec: spec as CreateKeyCommandInput["KeySpec"],
      KeyUsage: usage as CreateKeyCommandInput["KeyUsage"],
      Policy: policy && JSON.stringify(policy),
    });
    const { KeyMetadata } = await this.#kms.send(command);
    return { id: KeyMetadata?.KeyId ?? "", arn: KeyMetadata?.Arn ?? "" };
  }

  async setKeyPolicy(key: string, policy: PolicyDocument): Promise<void> {
    const Policy = JSON.stringify(policy);
    await this.#kms.send(new PutKeyPolicyCommand({ KeyId: key, Policy }));
  }

  async createAlias(alias: string, key: string): Promise<void> {
    await this.#kms.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: key }));
  }

  async createBucket(name: string, options: BucketOptions): Promise<void> {
    const { versioned, policy, region, lock } = options;
    const place = region ?? this.#config.region;
    const s3 = region === undefined ? this.#s3 : new S3Client({ ...this.#config, region });
    const elsewhere = place !== "us-east-1" && {
      CreateBucketConfiguration: { LocationConstraint: place as BucketLocationConstraint },
    };
    const locking = lock && { ObjectLockEnabledForBucket: true };
    await s3.send(new CreateBucketCommand({ Bucket: name, ...elsewhere, ...locking }));
    if (versioned) {
      const VersioningConfiguration = { Status: "Enabled" } as const;
      await s3.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration }));
    }
    if (lock) {
      const Rule = { DefaultRetention: lock };
      const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled", Rule } as const;
      await s3.send(
        new PutObjectLockConfigurationCommand({ Bucket: name, ObjectLockConfiguration }),
      );
    }
    if (policy) {
      const Policy = JSON.stringify(policy);
      await s3.send(new PutBucketPolicyCommand({ Bucket: name, Policy }));
    }
  }

  async setBucketPolicy(bucket: string, policy: PolicyDocument): Promise<void> {
    const Policy = JSON.stringify(policy);
    await this.#s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
  }

  async objectsIn(bucket: string): Promise<Trace[]> {
    const found: Trace[] = [];
    for await (const page of paginateListObjectsV2({ client: this.#s3 }, { Bucket: bucket })) {
      for (const { Key = "" } of page.Contents ?? []) {
        const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
        const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
        found.push({ where: `s3://${bucket}/${Key}`, bytes });
      }
    }
    return found;
  }

  close(): void {
    this.#kms.destroy();
    this.#s3.destroy();
  }

  /** The point of the curve is the end of the public key's DER. */
  /** The account on an EVM chain that a key signs for. */
  async addressOf(key: string): Promise<string> {
    const { PublicKey = new Uint8Array() } = await this.#kms.send(
      new GetPublicKeyCommand({ KeyId: key }),
    );
    return computeAddress(hexlify(PublicKey.slice(-UNCOMPRESSED_POINT)));
  }
}
