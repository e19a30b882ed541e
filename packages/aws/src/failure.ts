import { ActionError, reason } from "@playbook/action";

/** What the SDK throws, as far as this library looks at it. */
type Failure = Error & {
  $metadata?: { httpStatusCode?: number };
  $response?: { headers?: Record<string, string> };
  $retryable?: unknown;
};

/** The error's code in AWS's words: `AccessDenied`, `ThrottlingException`. */
export function codeOf(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

export function statusOf(error: unknown): number | undefined {
  return (error as Failure | undefined)?.$metadata?.httpStatusCode;
}

export function headerOf(error: unknown, name: string): string | undefined {
  return (error as Failure | undefined)?.$response?.headers?.[name];
}

const DENIED = new Set(["AccessDenied", "AccessDeniedException", "Forbidden"]);

const EXPIRED = new Set(["ExpiredToken", "ExpiredTokenException", "RequestExpired"]);

export function isDenied(error: unknown): boolean {
  return DENIED.has(codeOf(error));
}

export function isExpired(error: unknown): boolean {
  return EXPIRED.has(codeOf(error));
}

/** Failures that pass: a later try of the same request can succeed. */
export function isPassing(error: unknown): boolean {
  const status = statusOf(error);
  if (status === undefined) return !(error instanceof ActionError);
  if (status === 429 || status >= 500) return true;
  return /Throttl|TooManyRequests|SlowDown|RequestTimeout|IDPCommunicationError/.test(
    codeOf(error),
  );
}

/** How long the service asks to be left alone, in milliseconds. */
export function retryAfter(error: unknown): number {
  const seconds = headerOf(error, "retry-after");
  return seconds && /^\d+$/.test(seconds) ? Number(seconds) * 1_000 : 0;
}

/**
 * Turns a denial into the words a person needs: which permission is lacking on what. Other errors
 * are handed back as they are.
 */
export function explainDenial(error: unknown, permission: string, resource: string): unknown {
  if (!isDenied(error)) return error;
  return new ActionError(
    "access-denied",
    {
      what: `The role may not ${permission} on ${resource}.`,
      why: reason(error),
      next: `Allow ${permission} there: deploy the roles template of this release again.`,
    },
    { cause: error },
  );
}
