// Generated from access.yml by `npm run sync`: do not edit.
import type { Statement } from "@playbook/access";

/** What a session of this action may do, at most. Its placeholders: account, cluster, partition, region. */
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
];
