import { DeleteObjectCommand, ListObjectVersionsCommand, S3Client } from "@aws-sdk/client-s3";
import type { Office } from "./office.ts";

/**
 * Puts a delete marker on the newest of the objects below a prefix, in a bucket that allows it.
 * Resolves to what takes the marker away again.
 */
export async function markDeleted(
  aws: Office["aws"],
  Bucket: string,
  Prefix: string,
): Promise<() => Promise<void>> {
  const s3 = new S3Client(aws.clientConfig());
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix }));
  const keys = Versions.flatMap(({ Key }) => Key ?? []).sort();
  const object = { Bucket, Key: keys.at(-1) };
  const { VersionId } = await s3.send(new DeleteObjectCommand(object));
  return async () => {
    await s3.send(new DeleteObjectCommand({ ...object, VersionId }));
    s3.destroy();
  };
}
