import { createHash } from "node:crypto";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from "@aws-sdk/client-s3";
import { ActionError } from "@playbook/action";
import {
  amazonHost,
  codeOf,
  explain,
  insist,
  ownEndpoint,
  readS3Store,
  type S3StoreInputs,
  s3Client,
  tryS3Store,
} from "@playbook/aws";
import type { Store } from "@playbook/state";
import { type Backup, catalogueOf, type Stored, type Told } from "./catalogue.ts";
import { readManifest } from "./manifest.ts";
import { isId, placeOf } from "./place.ts";
import type { Lock } from "./retention.ts";

export type BucketInputs = S3StoreInputs;

const DAY_MS = 86_400_000;

/** Nothing where S3 says with this code that there is nothing. */
function unless(code: string): (error: unknown) => undefined {
  return (error) => {
    if (codeOf(error) !== code) throw error;
    return undefined;
  };
}

/** The backups of one chain, below a prefix of a bucket. */
export class Bucket {
  readonly store: Pick<Store, "location" | "read" | "list">;
  readonly #s3: S3Client;
  readonly #inputs: BucketInputs;
  #rule: Promise<{ ms: number } | null> | undefined;

  private constructor(store: Pick<Store, "location" | "read" | "list">, inputs: BucketInputs) {
    this.store = store;
    this.#inputs = inputs;
    this.#s3 = s3Client(inputs.session);
  }

  /** For looking only. */
  static toRead(inputs: BucketInputs): Bucket {
    return new Bucket(readS3Store(inputs), inputs);
  }

  /** Sees that nothing can be made twice there. Throws what `openS3Store` does. */
  static async toWrite(inputs: BucketInputs): Promise<Bucket & { store: Store }> {
    const { store, tried } = tryS3Store(inputs);
    await tried;
    return new Bucket(store, inputs) as Bucket & { store: Store };
  }

  get region(): string {
    return this.#inputs.session.region;
  }

  /** The address of a backup's folder for programs that speak plain HTTP. */
  urlOf(id: string): string {
    const { bucket, prefix } = this.#inputs;
    const own = ownEndpoint("s3");
    const s3 = amazonHost("s3", this.region);
    // S3's certificate is for one name before its own, and a bucket's dots make several of it.
    const amazons = bucket.includes(".") ? `https://${s3}/${bucket}` : `https://${bucket}.${s3}`;
    return `${own ? `${own}/${bucket}` : amazons}/${prefix}/${id}`;
  }

  /** What there is of every backup, the oldest first. */
  async catalogue(): Promise<Backup[]> {
    const stored = await this.stored("");
    const ids = stored
      .map(({ key }) => key.split("/"))
      .filter(([id = "", name]) => isId(id) && name === "manifest.json")
      .map(([id = ""]) => id);
    const told = await Promise.all(ids.map(async (id) => [id, await this.#told(id)] as const));
    return catalogueOf(stored, new Map(told.flatMap(([id, each]) => (each ? [[id, each]] : []))));
  }

  async #told(id: string): Promise<Told | undefined> {
    const place = placeOf(id).manifest;
    const text = await this.store.read(place);
    if (!text) return undefined;
    try {
      return readManifest(text, `${this.store.location}/${place}`);
    } catch (error) {
      if (error instanceof ActionError) return { flaw: error.why };
      throw error;
    }
  }

  /** Objects with their sizes; keys are relative to the prefix. */
  async stored(below: string): Promise<Stored[]> {
    const { bucket, prefix, context } = this.#inputs;
    const found: Stored[] = [];
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: bucket,
        Prefix: `${prefix}/${below}`,
        ...(token && { ContinuationToken: token }),
      });
      const page = await this.#ask("s3:ListBucket", below, () =>
        this.#s3.send(command, { abortSignal: context.signal }),
      );
      for (const { Key = "", Size = 0 } of page.Contents ?? []) {
        found.push({ key: Key.slice(prefix.length + 1), size: Size });
      }
      token = page.NextContinuationToken;
    } while (token);
    return found;
  }

  /** The SHA-256 that S3 has of an object, in hex; null where it has none of the whole. */
  async digestOf(key: string): Promise<string | null> {
    const { bucket, context } = this.#inputs;
    const object = { Bucket: bucket, Key: this.#path(key), ChecksumMode: "ENABLED" } as const;
    const { ChecksumSHA256: sum } = await this.#ask("s3:GetObject", key, () =>
      this.#s3.send(new HeadObjectCommand(object), { abortSignal: context.signal }),
    );
    // One of an object that came in pieces is over their sums.
    return sum && !sum.includes("-") ? Buffer.from(sum, "base64").toString("hex") : null;
  }

  /** The SHA-256 of an object as it is, in hex: all of it is read. */
  async readDigest(key: string): Promise<string> {
    const { bucket, context } = this.#inputs;
    const command = new GetObjectCommand({ Bucket: bucket, Key: this.#path(key) });
    return this.#ask("s3:GetObject", key, async () => {
      const { Body } = await this.#s3.send(command, { abortSignal: context.signal });
      const hash = createHash("sha256");
      for await (const piece of Body as AsyncIterable<Uint8Array>) hash.update(piece);
      return hash.digest("hex");
    });
  }

  /**
   * How long S3 keeps an object, whoever wants it gone. What the bucket gives every object is
   * counted too: without a right to see an object's own lock S3 leaves it out of its answer.
   */
  async lockOf(key: string): Promise<Lock> {
    const { bucket, context } = this.#inputs;
    const rule = await this.rule();
    if (!rule) return { until: null, legalHold: false };

    const options = { abortSignal: context.signal };
    const object = { Bucket: bucket, Key: this.#path(key) };
    const head = await this.#ask("s3:GetObject", key, () =>
      this.#s3.send(new HeadObjectCommand(object), options),
    );
    const hold = await this.#ask("s3:GetObjectLegalHold", key, () =>
      this.#s3
        .send(new GetObjectLegalHoldCommand(object), options)
        .catch(unless("NoSuchObjectLockConfiguration")),
    );
    const until = Math.max(
      head.ObjectLockRetainUntilDate?.getTime() ?? 0,
      rule.ms > 0 ? (head.LastModified?.getTime() ?? 0) + rule.ms : 0,
    );
    return { until: until || null, legalHold: hold?.LegalHold?.Status === "ON" };
  }

  /** How long the bucket keeps every new object, in milliseconds; null where it locks none. */
  rule(): Promise<{ ms: number } | null> {
    this.#rule ??= this.#defaultRule();
    return this.#rule;
  }

  async #defaultRule(): Promise<{ ms: number } | null> {
    const { bucket, context } = this.#inputs;
    const command = new GetObjectLockConfigurationCommand({ Bucket: bucket });
    const found = await this.#ask("s3:GetBucketObjectLockConfiguration", "", () =>
      this.#s3
        .send(command, { abortSignal: context.signal })
        .catch(unless("ObjectLockConfigurationNotFoundError")),
    );
    if (found?.ObjectLockConfiguration?.ObjectLockEnabled !== "Enabled") return null;
    const { Days = 0, Years = 0 } = found.ObjectLockConfiguration.Rule?.DefaultRetention ?? {};
    return { ms: (Days + 365 * Years) * DAY_MS };
  }

  async remove(key: string): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.#inputs.bucket, Key: this.#path(key) });
    await this.#ask("s3:DeleteObject", key, () => this.#s3.send(command));
  }

  async #ask<Result>(
    permission: string,
    key: string,
    work: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await insist(work, this.#inputs);
    } catch (error) {
      throw explain(error, permission, `${this.store.location}/${key}`);
    }
  }

  #path(key: string): string {
    return `${this.#inputs.prefix}/${key}`;
  }
}
