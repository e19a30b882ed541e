// Generated from access.yml by `npm run sync`: do not edit.
import type { Statement } from "@playbook/access";

/** What a session of this action may do, at most. Its placeholders: account, bucket, cluster, oldCluster, partition, prefix, region. */
export const statements: readonly Statement[] = [
  {
    sid: "FindTargetCluster",
    actions: ["eks:DescribeCluster"],
    resources: ["arn:${partition}:eks:${region}:${account}:cluster/${cluster}"],
    conditions: {},
  },
  {
    sid: "FindOldCluster",
    actions: ["eks:DescribeCluster"],
    resources: ["arn:${partition}:eks:${region}:${account}:cluster/${oldCluster}"],
    conditions: {},
  },
  {
    sid: "ReadManifests",
    actions: ["s3:GetObject"],
    resources: ["arn:${partition}:s3:::${bucket}/${prefix}/*"],
    conditions: {},
  },
  {
    sid: "ListStoredBackups",
    actions: ["s3:ListBucket"],
    resources: ["arn:${partition}:s3:::${bucket}"],
    conditions: { StringLike: { "s3:prefix": ["${prefix}/*"] } },
  },
];
