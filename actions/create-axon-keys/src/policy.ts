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

/** All that would take this policy away, or the key with it. */
const OPEN = [
  "secretsmanager:PutResourcePolicy",
  "secretsmanager:DeleteResourcePolicy",
  "secretsmanager:DeleteSecret",
];

const READERS = "NobodyElseReads";
const KEEPERS = "NobodyElseOpens";

/**
 * Leaves a secret to one role: it may read, nobody else may, not even who may do everything in the
 * account, and nobody may change it. Its keepers alone may take that away, where there are any.
 */
export function policyFor(roleArn: string, keepers: readonly string[]) {
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
      { Sid: READERS, ...denied(READ), Condition: exceptFor(roleArn) },
      { Sid: "NobodyChanges", ...denied(CHANGE) },
      ...(keepers.length > 0
        ? [{ Sid: KEEPERS, ...denied(OPEN), Condition: exceptFor([...keepers]) }]
        : []),
    ],
  };
}

function denied(Action: string[]) {
  return { Effect: "Deny", Principal: "*", Action, Resource: "*" };
}

function exceptFor(principals: string | string[]) {
  return { ArnNotEquals: { "aws:PrincipalArn": principals } };
}

/** How a secret's policy, as it is stored, is for a role, and for who is to keep it. */
export type Guard =
  | { readonly is: "closed" }
  | { readonly is: "open" }
  | { readonly is: "another's"; readonly role: string }
  /** Closed, and in somebody else's hands: this run could not close it anew. */
  | { readonly is: "kept"; readonly by: readonly string[] };

export function guardOf(
  stored: string | undefined,
  roleArn: string,
  keepers: readonly string[],
): Guard {
  const policy = parsed(stored);
  const [role] = exceptedIn(policy, READERS);
  if (role !== undefined && role !== roleArn) return { is: "another's", role };
  const by = exceptedIn(policy, KEEPERS);
  if (!isDeepStrictEqual(policy, policyFor(roleArn, by))) return { is: "open" };
  if (isDeepStrictEqual(by, keepers) || keepers.length === 0) return { is: "closed" };
  return by.length === 0 ? { is: "open" } : { is: "kept", by };
}

/**
 * Whom a statement excepts, by the policy's own text. A principal would not say it: AWS puts a
 * number in the place of a role that was deleted.
 */
function exceptedIn(policy: unknown, sid: string): string[] {
  const { Statement: statements } = (policy ?? {}) as { Statement?: unknown };
  const all = Array.isArray(statements) ? statements : [];
  const found = all.find((each) => each?.Sid === sid);
  const principals: unknown = found?.Condition?.ArnNotEquals?.["aws:PrincipalArn"];
  return [principals].flat().filter((each) => typeof each === "string");
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
