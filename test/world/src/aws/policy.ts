import {
  type ValidationError,
  validateIdentityPolicy,
  validateResourcePolicy,
  validateSessionPolicy,
  validateTrustPolicy,
} from "@cloud-copilot/iam-policy";

export type Statement = {
  Sid?: string;
  Effect: "Allow" | "Deny";
  Action?: string | string[];
  NotAction?: string | string[];
  [element: string]: unknown;
};

export type PolicyDocument = { Version: string; Statement: Statement | Statement[] };

/** What a policy is attached to, with what AWS demands of it. */
const kinds = {
  managed: { validate: validateIdentityPolicy, limit: 6_144 },
  inline: { validate: validateIdentityPolicy, limit: 10_240 },
  session: { validate: validateSessionPolicy, limit: 2_048 },
  trust: { validate: validateTrustPolicy, limit: 2_048 },
  resource: { validate: validateResourcePolicy, limit: 20_480 },
} satisfies Record<string, Kind>;

type Kind = { validate: (document: unknown) => ValidationError[]; limit: number };

export type PolicyKind = keyof typeof kinds;

/** What is wrong with a policy, in a sentence; undefined when IAM would take it. */
export function policyFault(document: PolicyDocument, kind: PolicyKind): string | undefined {
  const { validate, limit } = kinds[kind] as Kind;
  const [error] = validate(document);
  if (error) return `${error.message} (at ${error.path || "the top"})`;

  // IAM does not count white space.
  const size = JSON.stringify(document).length;
  return size > limit ? `it has ${size} characters, ${limit} are allowed` : undefined;
}

export function statements({ Statement }: PolicyDocument): Statement[] {
  return Array.isArray(Statement) ? Statement : [Statement];
}

/** ARNs of the roles and users that the policy names as principals. */
export function principalsIn(document: PolicyDocument): string[] {
  return statements(document)
    .flatMap(({ Principal, NotPrincipal }) => [Principal, NotPrincipal])
    .flatMap((named) => (isNamed(named) ? [named.AWS].flat() : []))
    .filter((arn) => /^arn:aws:iam::\d+:(role|user)\//.test(arn));
}

function isNamed(principal: unknown): principal is { AWS: string | string[] } {
  return typeof principal === "object" && principal !== null && "AWS" in principal;
}

/**
 * The policy without one permission; undefined when nothing is left of it. Only an action that is
 * written out can be taken away: one that a pattern grants is an error.
 */
export function withoutAction(
  document: PolicyDocument,
  action: string,
): PolicyDocument | undefined {
  const left = statements(document).flatMap((statement) => withoutIn(statement, action));
  return left.length > 0 ? { ...document, Statement: left } : undefined;
}

/** Whether the policy allows the action by name. */
export function namesAction(document: PolicyDocument, action: string): boolean {
  return statements(document).some(
    ({ Effect, Action }) =>
      Effect === "Allow" && [Action ?? []].flat().some((named) => same(named, action)),
  );
}

function withoutIn(statement: Statement, action: string): Statement[] {
  if (statement.Effect === "Deny" || statement.Action === undefined) return [statement];
  const left = [statement.Action].flat().filter((named) => !same(named, action));
  const pattern = left.find((named) => covers(named, action));
  if (pattern !== undefined) {
    throw new Error(`${action} is granted by the pattern ${pattern} and cannot be taken alone`);
  }
  return left.length > 0 ? [{ ...statement, Action: left }] : [];
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function covers(pattern: string, action: string): boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${source.replaceAll("?", ".")}$`, "i").test(action);
}
