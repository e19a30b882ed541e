export { clientSettings, ownEndpoint } from "./client.ts";
export { codeOf, explain, statusOf } from "./failure.ts";
export { insist } from "./insist.ts";
export { type KmsKey, openKey } from "./kms.ts";
export { s3Client } from "./s3-client.ts";
export { openS3Store, readS3Store, type S3StoreInputs, tryS3Store } from "./s3-store.ts";
export { openSession, type Session, type SessionInputs } from "./session.ts";
export type { RecoveredSignature } from "./signature.ts";
export { turns } from "./turns.ts";
