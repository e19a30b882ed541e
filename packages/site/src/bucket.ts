import { Readable } from "node:stream";
import {
  DeleteObjectsCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { ActionError, type Context, goOn } from "@playbook/action";
import {
  explain,
  insist,
  type ObjectWriter,
  objectWriter,
  type Session,
  s3Client,
  statusOf,
  turns,
} from "@playbook/aws";
import type { ReleaseFile } from "./manifest.ts";
import type { Content } from "./release.ts";

/** Where the files of a site lie. */
export type Bucket = {
  /** Makes a file. One that is there with these bytes will do. Throws `file-conflict`. */
  create(file: ReleaseFile, release: string, content: ContentOf): Promise<void>;
  /** Makes a file in place of what is there. */
  replace(file: ReleaseFile, release: string, content: ContentOf): Promise<void>;
  /** Deletes objects, at most 1,000; those that are gone are no matter. */
  remove(keys: string[]): Promise<void>;
};

/** Read when it is a file's turn, and again for each try. */
type ContentOf = () => Promise<Content>;

/** As many as there are connections: see the agents of packages/action. */
const UPLOADS_AT_ONCE = 64;

/** An upload takes no longer than this, and what its size takes at the slowest, in bytes. */
const PATIENCE_MS = 30_000;
const SLOWEST_PER_MS = 64;

type Inputs = { session: Session; bucket: string; context: Context };

type Reach = Inputs & { s3: S3Client; write: ObjectWriter; inTurn: ReturnType<typeof turns> };

export function openBucket(inputs: Inputs): Bucket {
  const { session, bucket } = inputs;
  const s3 = s3Client(session);
  const write = objectWriter(s3, session, bucket);
  const reach = { ...inputs, s3, write, inTurn: turns(UPLOADS_AT_ONCE) };
  return {
    create: (...upload) => create(reach, upload),
    replace: (...upload) => replace(reach, upload),
    remove: (keys) => remove(reach, keys),
  };
}

type Upload = [file: ReleaseFile, release: string, content: ContentOf];

async function create(reach: Reach, upload: Upload): Promise<void> {
  const [{ key, path, digest }] = upload;
  if ((await put(reach, upload, { IfNoneMatch: "*" })) === "stored") return;
  if ((await digestAt(reach, key)) !== digest) throw conflicting(path);
}

async function replace(reach: Reach, upload: Upload): Promise<void> {
  await put(reach, upload, {});
}

type Condition = { IfNoneMatch?: "*" };

/** Stores a file; `taken` where there must be none and is one. */
function put(reach: Reach, upload: Upload, condition: Condition): Promise<"stored" | "taken"> {
  const { context, inTurn } = reach;
  const [file, , contentOf] = upload;
  return inTurn(async () => {
    goOn(context);
    let first: Content | undefined = await contentOf();
    const status = await written(reach, upload, first, condition);
    if (status === 200) return "stored";
    if (status === 412) return "taken";
    goOn(context);
    try {
      await insist(async () => {
        const content = first ?? (await contentOf());
        // A stream is read once.
        first = undefined;
        await send(reach, commandOf(reach, upload, content, condition), file.size, content);
      }, reach);
      return "stored";
    } catch (error) {
      if (condition.IfNoneMatch && statusOf(error) === 412) return "taken";
      throw explain(error, "s3:PutObject", placeOf(reach, file.key));
    }
  });
}

/** What the first try is answered of a file that is held whole; undefined where it is not known. */
async function written(
  { write, context }: Reach,
  [file, release]: Upload,
  bytes: Content,
  { IfNoneMatch }: Condition,
): Promise<number | undefined> {
  if (bytes instanceof Readable) return undefined;
  const { key, type, cache } = file;
  const headers = {
    ...{ "content-type": type, "cache-control": cache },
    ...{ "x-amz-meta-release": release, "x-amz-meta-digest": file.digest },
    ...(IfNoneMatch && { "if-none-match": IfNoneMatch }),
  };
  const limits = { abortSignal: context.signal, requestTimeout: patienceFor(file.size) };
  const object = { key, bytes, headers, digest: file.digest.slice("sha256:".length) };
  return write(object, limits).catch(() => undefined);
}

function commandOf(
  { bucket }: Reach,
  [file, release]: Upload,
  content: Content,
  condition: Condition,
): PutObjectCommand {
  return new PutObjectCommand({
    ...{ Bucket: bucket, Key: file.key, Body: content, ContentLength: file.size },
    ...{ ContentType: file.type, CacheControl: file.cache },
    ChecksumSHA256: Buffer.from(file.digest.slice("sha256:".length), "hex").toString("base64"),
    Metadata: { release, digest: file.digest },
    ...condition,
  });
}

/** The client does not hear of a body that breaks off: it would wait for the rest. */
async function send(
  { s3, context }: Reach,
  command: PutObjectCommand,
  size: number,
  content: Content,
): Promise<void> {
  const requestTimeout = patienceFor(size);
  if (!(content instanceof Readable)) {
    await s3.send(command, { abortSignal: context.signal, requestTimeout });
    return;
  }
  const broken = new AbortController();
  content.once("error", (error) => broken.abort(error));
  const abortSignal = AbortSignal.any([context.signal, broken.signal]);
  try {
    await s3.send(command, { abortSignal, requestTimeout });
  } catch (error) {
    throw broken.signal.aborted ? broken.signal.reason : error;
  } finally {
    content.destroy();
  }
}

async function digestAt(reach: Reach, key: string): Promise<string | undefined> {
  const { s3, bucket, context } = reach;
  const command = new HeadObjectCommand({ Bucket: bucket, Key: key });
  const look = () => s3.send(command, { abortSignal: context.signal });
  try {
    return (await insist(look, reach)).Metadata?.digest;
  } catch (error) {
    throw explain(error, "s3:GetObject", placeOf(reach, key));
  }
}

async function remove(reach: Reach, keys: string[]): Promise<void> {
  const { s3, bucket, context } = reach;
  goOn(context);
  const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true };
  const command = new DeleteObjectsCommand({ Bucket: bucket, Delete });
  const ask = () => s3.send(command, { abortSignal: context.signal });
  try {
    const [fault] = (await insist(ask, reach)).Errors ?? [];
    if (fault) throw Object.assign(new Error(fault.Message), { name: fault.Code });
  } catch (error) {
    throw explain(error, "s3:DeleteObject", placeOf(reach, keys[0] ?? ""));
  }
}

function patienceFor(size: number): number {
  return PATIENCE_MS + size / SLOWEST_PER_MS;
}

function placeOf({ bucket }: Inputs, key: string): string {
  return `s3://${bucket}/${key}`;
}

/** A name that stands for other bytes in the bucket. */
export function conflicting(path: string): ActionError {
  return new ActionError("file-conflict", {
    what: `/${path} is in the bucket with another content.`,
    why:
      "Its name looks as if it held the hash of its content, so releases share it and open pages " +
      "of earlier ones use it; but the content has changed and the name has not.",
    next: "Name it in `per-release`, or narrow `immutable` to the folders of hashed files.",
  });
}
