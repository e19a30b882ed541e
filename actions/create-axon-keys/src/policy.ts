import { isDeepStrictEqual } from "node:util";

const READ = ["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue"];

/** All that would make another key of it, or another public half. */
const CHANGE = [
  "secretsmanager:PutSecretValue",
  "secretsmanager:UpdateSecret",
  "secretsmanager:UpdateSecretVersionStage",
  "secretsmanager:RotateSecret",
  "secretsmanager:ReplicateSecretToRegions",
  "secretsmanager:TagResource",
  "secretsmanager:UntagResource",
];

/**
 * Leaves a secret to one role: it may read, nobody else may, not even who may do everything in the
 * account, and nobody may change it.
 */
export function policyFor(roleArn: string) {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "TheValidatorReads",
        Effect: "Allow",
        Principal: { AWS: roleArn },
        Action: "secretsmanager:GetSecretValue",
        Resource: "*",
      },
      {
        Sid: "NobodyElseReads",
        Effect: "Deny",
        Principal: "*",
        Action: READ,
        Resource: "*",
        Condition: { ArnNotEquals: { "aws:PrincipalArn": roleArn } },
      },
      { Sid: "NobodyChanges", Effect: "Deny", Principal: "*", Action: CHANGE, Resource: "*" },
    ],
  };
}

/** Whether a secret's policy, as it is stored, is the one for this role. */
export function isPolicyFor(roleArn: string, stored: string | undefined): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(stored ?? ""), policyFor(roleArn));
  } catch {
    return false;
  }
}
