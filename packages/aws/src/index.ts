export { type KmsKey, openKey } from "./kms.ts";
export { openS3Store, readS3Store, type S3StoreInputs } from "./s3-store.ts";
export { openSession, type Session, type SessionInputs } from "./session.ts";
export type { RecoveredSignature } from "./signature.ts";
