import { DeleteObjectsCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { ActionError, type Context, goOn } from "@playbook/action";
import { explain, insist, type Session, s3Client, statusOf, turns } from "@playbook/aws";
import type { ReleaseFile } from "./manifest.ts";

/** Where the files of a site lie. */
export type Bucket = {
  /** Makes a file. One that is there with these bytes will do. Throws `file-conflict`. */
  create(file: ReleaseFile, release: string, bytes: Bytes): Promise<void>;
  /** Makes a file in place of what is there. */
  replace(file: ReleaseFile, release: string, bytes: Bytes): Promise<void>;
  /** Deletes objects, at most 1,000; those that are gone are no matter. */
  remove(keys: string[]): Promise<void>;
};

/** Read when it is a file's turn, so that not all of them are in memory. */
type Bytes = () => Promise<Uint8Array>;

const UPLOADS_AT_ONCE = 32;

/** Of files from this size on, only a few are in memory at once. */
const LARGE = 8 * 2 ** 20;
const LARGE_AT_ONCE = 2;

type Inputs = { session: Session; bucket: string; context: Context };

export function openBucket({ session, bucket, context }: Inputs): Bucket {
  const s3 = s3Client(session);
  const inTurn = turns(UPLOADS_AT_ONCE);
  const inLargeTurn = turns(LARGE_AT_ONCE);
  const ask = <Result>(work: () => Promise<Result>) => insist(work, { session, context });
  const place = (key: string) => `s3://${bucket}/${key}`;

  const put = (file: ReleaseFile, release: string, bytes: Bytes, isNew: boolean) => {
    const upload = async () => {
      goOn(context);
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: file.key,
        Body: await bytes(),
        ContentType: file.type,
        CacheControl: file.cache,
        ChecksumSHA256: Buffer.from(file.digest.slice("sha256:".length), "hex").toString("base64"),
        Metadata: { release, digest: file.digest },
        ...(isNew && { IfNoneMatch: "*" }),
      });
      await ask(() => s3.send(command, { abortSignal: context.signal }));
    };
    return inTurn(() => (file.size < LARGE ? upload() : inLargeTurn(upload)));
  };

  const digestAt = async (key: string) => {
    const command = new HeadObjectCommand({ Bucket: bucket, Key: key });
    try {
      const found = await ask(() => s3.send(command, { abortSignal: context.signal }));
      return found.Metadata?.digest;
    } catch (error) {
      throw explain(error, "s3:GetObject", place(key));
    }
  };

  return {
    create: async (file, release, bytes) => {
      try {
        await put(file, release, bytes, true);
      } catch (error) {
        if (statusOf(error) !== 412) throw explain(error, "s3:PutObject", place(file.key));
        if ((await digestAt(file.key)) !== file.digest) throw conflicting(file.path);
      }
    },
    replace: async (file, release, bytes) => {
      try {
        await put(file, release, bytes, false);
      } catch (error) {
        throw explain(error, "s3:PutObject", place(file.key));
      }
    },
    remove: async (keys) => {
      goOn(context);
      const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true };
      const command = new DeleteObjectsCommand({ Bucket: bucket, Delete });
      try {
        const answer = await ask(() => s3.send(command, { abortSignal: context.signal }));
        const [fault] = answer.Errors ?? [];
        if (fault) throw Object.assign(new Error(fault.Message), { name: fault.Code });
      } catch (error) {
        throw explain(error, "s3:DeleteObject", place(keys[0] ?? ""));
      }
    },
  };
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
