import { ActionError, ask, connectionError, reason } from "@playbook/action";
import type { Failure } from "./failure.ts";

export type Environment = Record<string, string | undefined>;

/** GitHub's endpoint answers at once or not at all. */
const TIMEOUT_MS = 10_000;

/**
 * An answer that holds no token, in the form of the SDK's errors so that it is judged like them.
 */
class TokenRefused extends Error implements Failure {
  override readonly name = "TokenRefused";
  readonly $metadata: { httpStatusCode: number };
  readonly $response: { headers: Record<string, unknown> };

  constructor(status: number, headers: Record<string, unknown>) {
    super(`The token endpoint answers HTTP ${status} and gives no token.`);
    this.$metadata = { httpStatusCode: status };
    this.$response = { headers };
  }
}

/**
 * Asks the runner for a new OIDC token of this job.
 * https://docs.github.com/actions/reference/security/oidc
 */
export async function requestToken(
  audience: string,
  env: Environment,
  signal: AbortSignal,
): Promise<string> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret } = env;
  if (!url || !secret) throw noPermission();

  const target = new URL(url);
  target.searchParams.set("audience", audience);
  const headers = { authorization: `Bearer ${secret}`, accept: "application/json" };
  const answer = await ask(target.href, { headers, timeoutMs: TIMEOUT_MS, signal });
  const token = answer.status === 200 ? valueIn(answer.body) : undefined;
  if (token) return token;
  throw new TokenRefused(answer.status, answer.headers);
}

function valueIn(body: string): string | undefined {
  try {
    const { value } = JSON.parse(body) as { value?: unknown };
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

function noPermission(): ActionError {
  return new ActionError("no-id-token", {
    what: "This job cannot ask for an OIDC token.",
    why: "GitHub gives it only to jobs with the permission `id-token: write`; forks never get it.",
    next: "Give the calling job `permissions: { id-token: write }`.",
  });
}

/** What to say when no token came in spite of all tries. */
export function noToken(error: unknown): ActionError {
  if (error instanceof ActionError) return error;
  const explained = connectionError("GitHub's token endpoint", error);
  if (explained) return explained;
  const what = "GitHub gave no OIDC token.";
  const next = "Run this again; nothing was signed or sent that is not stored.";
  return new ActionError("no-id-token", { what, why: reason(error), next }, { cause: error });
}
