import { ListObjectsV2Command } from "@aws-sdk/client-s3";
import type { Context } from "@playbook/action";
import { explain, insist, type Session, s3Client } from "@playbook/aws";

/** An object as the bucket lists it; `at` is when it was made, in milliseconds. */
export type StoredFile = { key: string; size: number; at: number };

type Inputs = { session: Session; bucket: string; context: Context };

/** Lists what lies below a prefix, at most `most` objects. Throws `access-denied` and the like. */
export async function listFiles(
  { session, bucket, context }: Inputs,
  prefix: string,
  most = Number.POSITIVE_INFINITY,
): Promise<StoredFile[]> {
  const s3 = s3Client(session);
  const found: StoredFile[] = [];
  for (let from: string | undefined, isFirst = true; isFirst || from; isFirst = false) {
    const command = new ListObjectsV2Command({
      ...{ Bucket: bucket, Prefix: prefix },
      ...(from && { ContinuationToken: from }),
      ...(most < 1_000 && { MaxKeys: most }),
    });
    try {
      const page = await insist(() => s3.send(command, { abortSignal: context.signal }), {
        ...{ session, context },
      });
      found.push(
        ...(page.Contents ?? []).map(({ Key = "", Size = 0, LastModified }) => {
          return { key: Key, size: Size, at: LastModified?.getTime() ?? 0 };
        }),
      );
      from = found.length < most ? page.NextContinuationToken : undefined;
    } catch (error) {
      throw explain(error, "s3:ListBucket", `s3://${bucket}/${prefix}`);
    }
  }
  return found;
}
