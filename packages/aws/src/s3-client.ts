import { S3Client } from "@aws-sdk/client-s3";
import { clientSettings, ownEndpoint } from "./client.ts";
import type { Session } from "./session.ts";

/**
 * What goes wrong is told by us: the SDK would warn of each upload in pieces that is tried again.
 */
const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** A client of S3 for a session. It makes one try: see `insist`. */
export function s3Client({ region, credentials }: Session): S3Client {
  return new S3Client({
    ...clientSettings({ service: "s3", region, maxAttempts: 1 }),
    credentials,
    logger: SILENT,
    // `bucket.minio.internal` is in no DNS.
    forcePathStyle: ownEndpoint("s3") !== undefined,
  });
}
