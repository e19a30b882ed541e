// Generated from access.yml by `npm run sync`: do not edit.
import type { Statement } from "@playbook/access";

/** What a session of this action may do, at most. Its placeholders: account, kmsKey, partition, prefix, region. */
export const statements: readonly Statement[] = [
  {
    sid: "FindKeys",
    actions: ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"],
    resources: ["arn:${partition}:secretsmanager:${region}:${account}:secret:${prefix}/*"],
    conditions: {},
  },
  {
    sid: "CreateKeys",
    actions: ["secretsmanager:CreateSecret", "secretsmanager:TagResource"],
    resources: ["arn:${partition}:secretsmanager:${region}:${account}:secret:${prefix}/*"],
    conditions: {},
  },
  {
    sid: "CloseKeys",
    actions: ["secretsmanager:PutResourcePolicy"],
    resources: ["arn:${partition}:secretsmanager:${region}:${account}:secret:${prefix}/*"],
    conditions: {},
  },
  {
    sid: "EncryptKeys",
    actions: ["kms:GenerateDataKey", "kms:Decrypt"],
    resources: ["${kmsKey}"],
    conditions: {
      StringEquals: {
        "kms:ViaService": [
          "secretsmanager.${region}.amazonaws.com",
          "secretsmanager.${region}.amazonaws.com.cn",
        ],
      },
    },
  },
];
