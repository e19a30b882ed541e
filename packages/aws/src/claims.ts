import { ActionError, reason } from "@playbook/action";

/** The claims that a role's trust policy can look at, of an OIDC token that was sent. */
export type Claims = Record<string, string>;

const TOLD = [
  "iss",
  "aud",
  "sub",
  "repository",
  "repository_id",
  "repository_owner_id",
  "environment",
  "ref",
  "event_name",
  "job_workflow_ref",
] as const;

/** Reads the claims worth telling. The token itself, its signature above all, is never shown. */
export function claimsOf(token: string): Claims {
  try {
    const payload = Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
    const all = JSON.parse(payload) as Record<string, unknown>;
    const told = TOLD.flatMap((name) => {
      const value = all[name];
      return typeof value === "string" ? [[name, printable(value)]] : [];
    });
    return Object.fromEntries(told);
  } catch {
    return {};
  }
}

/** On one line: a claim is shown in the log, where a line can be a command. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, " ");
}

/**
 * A refused AssumeRole: which claims were sent, and the line to add to the roles stack. Without
 * claims it was the AWS default credentials that asked.
 */
export function refused(role: string, claims: Claims | undefined, cause: unknown): ActionError {
  const sent = Object.entries(claims ?? {}).map(([name, value]) => `\n    ${name}: ${value}`);
  const why = claims ? `${reason(cause)} The token says:${sent.join("")}` : reason(cause);
  return new ActionError(
    "role-refused",
    { what: `AWS does not let this run assume ${role}.`, why, next: remedy(claims) },
    { cause },
  );
}

function remedy(claims: Claims | undefined): string {
  if (!claims) return "Allow your identity to assume it, or leave `role` empty to use your own.";
  const workflow = claims.job_workflow_ref ?? "<this workflow>@<ref>";
  return (
    `Compare with the role's trust policy. If this caller is meant, add ${workflow} to ` +
    "`TrustedWorkflows` of the roles stack, and check its repository and environment."
  );
}
