// Generated from access.yml by `npm run sync`: do not edit.
import type { Statement } from "@playbook/access";

/** What a session of this action may do, at most. Its placeholders: account, bucket, cluster, keyArn, partition, prefix, region. */
export const statements: readonly Statement[] = [
  {
    sid: "FindAgentsCluster",
    actions: ["eks:DescribeCluster"],
    resources: ["arn:${partition}:eks:${region}:${account}:cluster/${cluster}"],
    conditions: {},
  },
  {
    sid: "ReadAgentsPublicKeys",
    actions: ["kms:GetPublicKey"],
    resources: ["arn:${partition}:kms:*:${account}:key/*"],
    conditions: {},
  },
  {
    sid: "ReadFunderPublicKey",
    actions: ["kms:GetPublicKey"],
    resources: ["${keyArn}"],
    conditions: {},
  },
  {
    sid: "SignPaymentsToAgents",
    actions: ["kms:Sign"],
    resources: ["${keyArn}"],
    conditions: {
      StringEquals: { "kms:SigningAlgorithm": ["ECDSA_SHA_256"], "kms:MessageType": ["DIGEST"] },
    },
  },
  {
    sid: "ReadFundingState",
    actions: ["s3:GetObject"],
    resources: ["arn:${partition}:s3:::${bucket}/${prefix}/*"],
    conditions: {},
  },
  {
    sid: "CreateFundingState",
    actions: ["s3:PutObject"],
    resources: ["arn:${partition}:s3:::${bucket}/${prefix}/*"],
    conditions: { Null: { "s3:if-none-match": ["false"] } },
  },
  {
    sid: "ListFundingState",
    actions: ["s3:ListBucket"],
    resources: ["arn:${partition}:s3:::${bucket}"],
    conditions: { StringLike: { "s3:prefix": ["${prefix}/*"] } },
  },
];
