// Generated from access.yml by `npm run sync`: do not edit.
import type { Statement } from "@playbook/access";

/** What a session of this action may do, at most. Its placeholders: bucket, partition, prefix. */
export const statements: readonly Statement[] = [
  {
    sid: "ReadReleases",
    actions: ["s3:GetObject"],
    resources: ["arn:${partition}:s3:::${bucket}/${prefix}/*"],
    conditions: {},
  },
  {
    sid: "CreateReleases",
    actions: ["s3:PutObject"],
    resources: ["arn:${partition}:s3:::${bucket}/${prefix}/*"],
    conditions: { Null: { "s3:if-none-match": ["false"] } },
  },
  {
    sid: "ListReleases",
    actions: ["s3:ListBucket"],
    resources: ["arn:${partition}:s3:::${bucket}"],
    conditions: { StringLike: { "s3:prefix": ["${prefix}/*"] } },
  },
];
