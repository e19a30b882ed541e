// Generated from access.yml by `npm run sync`: do not edit.
import type { Statement } from "@playbook/access";

/** What a session of this action may do, at most. Its placeholders: account, bucket, cluster, partition, prefix, region. */
export const statements: readonly Statement[] = [
  {
    sid: "FindSourceCluster",
    actions: ["eks:DescribeCluster"],
    resources: ["arn:${partition}:eks:${region}:${account}:cluster/${cluster}"],
    conditions: {},
  },
  {
    sid: "ReadBackups",
    actions: ["s3:GetObject"],
    resources: ["arn:${partition}:s3:::${bucket}/${prefix}/*"],
    conditions: {},
  },
  {
    sid: "CreateManifest",
    actions: ["s3:PutObject"],
    resources: ["arn:${partition}:s3:::${bucket}/${prefix}/*"],
    conditions: { Null: { "s3:if-none-match": ["false"] } },
  },
  {
    sid: "ListBackups",
    actions: ["s3:ListBucket"],
    resources: ["arn:${partition}:s3:::${bucket}"],
    conditions: { StringLike: { "s3:prefix": ["${prefix}/*"] } },
  },
  {
    sid: "SeeLockRule",
    actions: ["s3:GetBucketObjectLockConfiguration"],
    resources: ["arn:${partition}:s3:::${bucket}"],
    conditions: {},
  },
  {
    sid: "SeeLocks",
    actions: ["s3:GetObjectRetention", "s3:GetObjectLegalHold"],
    resources: ["arn:${partition}:s3:::${bucket}/${prefix}/*"],
    conditions: {},
  },
  {
    sid: "DeleteOldBackups",
    actions: ["s3:DeleteObject"],
    resources: ["arn:${partition}:s3:::${bucket}/${prefix}/*"],
    conditions: {},
  },
];
