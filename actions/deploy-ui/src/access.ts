// Generated from access.yml by `npm run sync`: do not edit.
import type { Statement } from "@playbook/access";

/** What a session of this action may do, at most. Its placeholders: account, bucket, deploymentsBucket, deploymentsPrefix, keyValueStore, partition, plainBucket, plainDistribution. */
export const statements: readonly Statement[] = [
  {
    sid: "ReadFiles",
    actions: ["s3:GetObject"],
    resources: ["arn:${partition}:s3:::${bucket}/*"],
    conditions: {},
  },
  {
    sid: "CreateFiles",
    actions: ["s3:PutObject"],
    resources: ["arn:${partition}:s3:::${bucket}/*"],
    conditions: { Null: { "s3:if-none-match": ["false"] } },
  },
  {
    sid: "RemoveFiles",
    actions: ["s3:DeleteObject"],
    resources: ["arn:${partition}:s3:::${bucket}/*"],
    conditions: {},
  },
  {
    sid: "ListLog",
    actions: ["s3:ListBucket"],
    resources: ["arn:${partition}:s3:::${bucket}"],
    conditions: { StringLike: { "s3:prefix": ["state/*"] } },
  },
  {
    sid: "SwitchRelease",
    actions: [
      "cloudfront-keyvaluestore:DescribeKeyValueStore",
      "cloudfront-keyvaluestore:GetKey",
      "cloudfront-keyvaluestore:PutKey",
    ],
    resources: ["${keyValueStore}"],
    conditions: {},
  },
  {
    sid: "OverwriteFiles",
    actions: ["s3:PutObject"],
    resources: ["arn:${partition}:s3:::${plainBucket}/*"],
    conditions: {},
  },
  {
    sid: "Invalidate",
    actions: ["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"],
    resources: ["arn:${partition}:cloudfront::${account}:distribution/${plainDistribution}"],
    conditions: {},
  },
  {
    sid: "ReadDeployments",
    actions: ["s3:GetObject"],
    resources: ["arn:${partition}:s3:::${deploymentsBucket}/${deploymentsPrefix}/environments/*"],
    conditions: {},
  },
  {
    sid: "ListDeployments",
    actions: ["s3:ListBucket"],
    resources: ["arn:${partition}:s3:::${deploymentsBucket}"],
    conditions: { StringLike: { "s3:prefix": ["${deploymentsPrefix}/environments/*"] } },
  },
];
