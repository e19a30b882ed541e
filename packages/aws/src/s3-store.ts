import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { ActionError, type Context, reason } from "@playbook/action";
import type { Store } from "@playbook/state";
import { codeOf, explain, headerOf, isDenied, statusOf } from "./failure.ts";
import { insist } from "./insist.ts";
import { s3Client } from "./s3-client.ts";
import type { Session } from "./session.ts";

export type S3StoreInputs = {
  session: Session;
  bucket: string;
  /** Without slashes at its ends. */
  prefix: string;
  context: Context;
};

/** An object that every store has, to see that it cannot be made twice. */
const PROBE = "probe";

/**
 * Opens a store below a prefix of a bucket, and sees with its own eyes that an object can be read
 * and cannot be made twice there. Throws `bucket-missing`, `wrong-region`, `state-not-guarded`, and
 * what every call of AWS may throw.
 */
export async function openS3Store(inputs: S3StoreInputs): Promise<Store> {
  const store = new S3Store(inputs);
  await tryOut(store);
  return store;
}

/**
 * The same store at once, to be read while it is tried out: `tried` throws what `openS3Store` does,
 * and nothing may be created before it resolves. It is tried out once `allowed` resolves, and
 * `tried` throws what that does.
 */
export function tryS3Store(
  inputs: S3StoreInputs,
  allowed: Promise<unknown> = Promise.resolve(),
): { store: Store; tried: Promise<void> } {
  const store = new S3Store(inputs);
  return { store, tried: allowed.then(() => tryOut(store)) };
}

async function tryOut(store: Store): Promise<void> {
  await store.create(PROBE, Buffer.from("an object that cannot be made twice\n"));
  const again = store.create(PROBE, Buffer.from("made twice\n"));
  const [result] = await Promise.all([again, store.read(PROBE)]);
  if (result === "taken") return;
  throw new ActionError("state-not-guarded", {
    what: `${store.location} lets the same object be made twice.`,
    why: "The service does not honour `If-None-Match: *`: two runs could take the same nonce.",
    next: "Use a bucket on Amazon S3, or another service that makes conditional writes.",
  });
}

/** The same store for looking at it only: nothing is tried, so a role that reads is enough. */
export function readS3Store(inputs: S3StoreInputs): Pick<Store, "location" | "read" | "list"> {
  return new S3Store(inputs);
}

/**
 * Every call is tried again until it is answered for good. So a write that was won without an
 * answer is `taken` at the next try, which the contract of `create` allows for.
 */
class S3Store implements Store {
  readonly location: string;
  readonly #inputs: S3StoreInputs;
  readonly #s3: S3Client;

  constructor(inputs: S3StoreInputs) {
    const { session, bucket, prefix } = inputs;
    this.location = `s3://${bucket}/${prefix}`;
    this.#inputs = inputs;
    this.#s3 = s3Client(session);
  }

  async create(key: string, bytes: Uint8Array): Promise<"created" | "taken"> {
    const command = new PutObjectCommand({
      Bucket: this.#inputs.bucket,
      Key: this.#path(key),
      Body: bytes,
      IfNoneMatch: "*",
      ContentType: "application/json",
    });
    try {
      // It has no signal: what is written when a run is told to end is written to the end.
      await this.#ask(() => this.#s3.send(command));
      return "created";
    } catch (error) {
      if (statusOf(error) === 412) return "taken";
      throw this.#explain(error, "s3:PutObject", key);
    }
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    const { bucket, context } = this.#inputs;
    const command = new GetObjectCommand({ Bucket: bucket, Key: this.#path(key) });
    try {
      return await this.#ask(async () => {
        const found = await this.#s3.send(command, { abortSignal: context.signal });
        return found.Body?.transformToByteArray();
      });
    } catch (error) {
      if (headerOf(error, "x-amz-delete-marker") === "true") throw this.#deleted(key);
      if (codeOf(error) === "NoSuchKey") return undefined;
      // Where listing is allowed for a prefix only, S3 may call what is not there forbidden.
      if (isDenied(error) && !(await this.list(key)).includes(key)) return undefined;
      throw this.#explain(error, "s3:GetObject", key);
    }
  }

  async list(prefix: string, after?: string, most = Number.POSITIVE_INFINITY): Promise<string[]> {
    const keys: string[] = [];
    let token: string | undefined;
    do {
      const page = await this.#page(prefix, after, token);
      const found = (page.Contents ?? []).flatMap(({ Key }) => Key ?? []);
      keys.push(...found.map((path) => path.slice(this.#inputs.prefix.length + 1)));
      token = page.NextContinuationToken;
    } while (token && keys.length < most);
    return keys.slice(0, most);
  }

  async #page(prefix: string, after: string | undefined, token: string | undefined) {
    const { bucket, context } = this.#inputs;
    const command = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: this.#path(prefix),
      ...(after && { StartAfter: this.#path(after) }),
      ...(token && { ContinuationToken: token }),
    });
    try {
      return await this.#ask(() => this.#s3.send(command, { abortSignal: context.signal }));
    } catch (error) {
      throw this.#explain(error, "s3:ListBucket", prefix);
    }
  }

  #ask<Result>(work: () => Promise<Result>): Promise<Result> {
    return insist(work, this.#inputs);
  }

  #path(key: string): string {
    return `${this.#inputs.prefix}/${key}`;
  }

  #deleted(key: string): ActionError {
    return new ActionError("state-deleted", {
      what: `${this.location}/${key} was deleted.`,
      why: "It has a delete marker: what was signed there may still take effect.",
      next: "Remove the delete marker; the bucket keeps the version.",
    });
  }

  #explain(error: unknown, permission: string, key: string): unknown {
    const { bucket, session } = this.#inputs;
    const why = reason(error);
    if (codeOf(error) === "NoSuchBucket") {
      const next = "Create it with the action's template.yml, or correct `state`.";
      const what = `There is no bucket ${bucket}.`;
      return new ActionError("bucket-missing", { what, why, next }, { cause: error });
    }
    if (isElsewhere(error)) {
      const what = `The bucket ${bucket} is not in ${session.region}.`;
      const next = "Set `region` to the bucket's: key and state are used in one region.";
      return new ActionError("wrong-region", { what, why, next }, { cause: error });
    }
    return explain(error, permission, `${this.location}/${key}`);
  }
}

/**
 * The redirect of us-east-1 and of old regions; the others refuse a signature for another region.
 */
function isElsewhere(error: unknown): boolean {
  const code = codeOf(error);
  return (
    statusOf(error) === 301 || ["PermanentRedirect", "AuthorizationHeaderMalformed"].includes(code)
  );
}
