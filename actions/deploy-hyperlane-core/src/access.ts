// Generated from access.yml by `npm run sync`: do not edit.
import type { Statement } from "@playbook/access";

/** What a session of this action may do, at most. Its placeholders: bucket, keyArn, partition, prefix. */
export const statements: readonly Statement[] = [
  {
    sid: "ReadCorePublicKey",
    actions: ["kms:GetPublicKey"],
    resources: ["${keyArn}"],
    conditions: {},
  },
  {
    sid: "SignCoreTransactions",
    actions: ["kms:Sign"],
    resources: ["${keyArn}"],
    conditions: {
      StringEquals: { "kms:SigningAlgorithm": ["ECDSA_SHA_256"], "kms:MessageType": ["DIGEST"] },
    },
  },
  {
    sid: "ReadCoreState",
    actions: ["s3:GetObject"],
    resources: ["arn:${partition}:s3:::${bucket}/${prefix}/*"],
    conditions: {},
  },
  {
    sid: "CreateCoreState",
    actions: ["s3:PutObject"],
    resources: ["arn:${partition}:s3:::${bucket}/${prefix}/*"],
    conditions: { Null: { "s3:if-none-match": ["false"] } },
  },
  {
    sid: "ListCoreState",
    actions: ["s3:ListBucket"],
    resources: ["arn:${partition}:s3:::${bucket}"],
    conditions: { StringLike: { "s3:prefix": ["${prefix}/*"] } },
  },
];
