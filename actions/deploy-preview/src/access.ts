// Generated from access.yml by `npm run sync`: do not edit.
import type { Statement } from "@playbook/access";

/** What a session of this action may do, at most. Its placeholders: bucket, deploymentsBucket, deploymentsPrefix, keyValueStore, partition, production. */
export const statements: readonly Statement[] = [
  {
    sid: "CreatePreviews",
    actions: ["s3:PutObject"],
    resources: ["arn:${partition}:s3:::${bucket}/releases/pr-*"],
    conditions: { Null: { "s3:if-none-match": ["false"] } },
  },
  {
    sid: "RemovePreviews",
    actions: ["s3:GetObject", "s3:DeleteObject"],
    resources: ["arn:${partition}:s3:::${bucket}/releases/pr-*"],
    conditions: {},
  },
  {
    sid: "ListPreviews",
    actions: ["s3:ListBucket"],
    resources: ["arn:${partition}:s3:::${bucket}"],
    conditions: { StringLike: { "s3:prefix": ["releases/pr-*", "state/*"] } },
  },
  {
    sid: "SwitchPreviews",
    actions: [
      "cloudfront-keyvaluestore:DescribeKeyValueStore",
      "cloudfront-keyvaluestore:GetKey",
      "cloudfront-keyvaluestore:PutKey",
      "cloudfront-keyvaluestore:DeleteKey",
      "cloudfront-keyvaluestore:ListKeys",
    ],
    resources: ["${keyValueStore}"],
    conditions: {},
  },
  {
    sid: "CompareWithProduction",
    actions: ["s3:GetObject"],
    resources: ["arn:${partition}:s3:::${production}/state/*"],
    conditions: {},
  },
  {
    sid: "FindProduction",
    actions: ["s3:ListBucket"],
    resources: ["arn:${partition}:s3:::${production}"],
    conditions: { StringLike: { "s3:prefix": ["state/*"] } },
  },
  {
    sid: "ReadPreviewDeployments",
    actions: ["s3:GetObject"],
    resources: ["arn:${partition}:s3:::${deploymentsBucket}/${deploymentsPrefix}/environments/*"],
    conditions: {},
  },
  {
    sid: "ListPreviewDeployments",
    actions: ["s3:ListBucket"],
    resources: ["arn:${partition}:s3:::${deploymentsBucket}"],
    conditions: { StringLike: { "s3:prefix": ["${deploymentsPrefix}/environments/*"] } },
  },
];
