import { ActionError, connectionError, faultOf, reason } from "@playbook/action";

/** What the SDK throws, as far as this library looks at it. */
export type Failure = {
  name?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number };
  $response?: { headers?: Record<string, unknown> };
};

/** The error's code in AWS's words: `AccessDenied`, `ThrottlingException`. */
export function codeOf(error: unknown): string {
  return (error as Failure | undefined)?.name ?? "";
}

export function statusOf(error: unknown): number | undefined {
  return (error as Failure | undefined)?.$metadata?.httpStatusCode;
}

export function headerOf(error: unknown, name: string): string | undefined {
  const value = (error as Failure | undefined)?.$response?.headers?.[name];
  return value === undefined ? undefined : String(value);
}

const DENIED = new Set(["AccessDenied", "AccessDeniedException", "Forbidden"]);

const EXPIRED = new Set(["ExpiredToken", "ExpiredTokenException", "RequestExpired"]);

/** What KMS, STS and S3 say to keys that do not exist, and to signatures made with wrong ones. */
const UNKNOWN = new Set([
  "CredentialsProviderError",
  "InvalidAccessKeyId",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "InvalidToken",
  "SignatureDoesNotMatch",
  "TokenRefreshRequired",
  "UnrecognizedClientException",
]);

/** A clock that goes wrong is put right by the SDK when it is told so, for the next try. */
const PASSING =
  /Throttl|TooManyRequests|SlowDown|RequestTimeout|RequestTimeTooSkewed|ConditionalRequestConflict|OperationAborted|IDPCommunicationError/;

const NOT_IMPLEMENTED = 501;

/** A refused HEAD has no body that could say why, and so no code. */
export function isDenied(error: unknown): boolean {
  const code = codeOf(error);
  return DENIED.has(code) || (code === "Unknown" && statusOf(error) === 403);
}

export function isExpired(error: unknown): boolean {
  return EXPIRED.has(codeOf(error));
}

/** True for credentials that are none, or none any more. */
export function isStranger(error: unknown): boolean {
  return isExpired(error) || UNKNOWN.has(codeOf(error));
}

/** Failures that pass: a later try of the same request can succeed. */
export function isPassing(error: unknown): boolean {
  const status = statusOf(error);
  if (status === undefined) return faultOf(error) === "passing";
  if (status === 429 || (status >= 500 && status !== NOT_IMPLEMENTED)) return true;
  return PASSING.test(codeOf(error)) || isKeyLost(error);
}

/** STS now and then fails to fetch GitHub's keys, and calls the token invalid for it. */
function isKeyLost(error: unknown): boolean {
  return /retrieve verification key/.test((error as Failure).message ?? "");
}

/** How long the service asks to be left alone, in milliseconds. */
export function retryAfter(error: unknown): number {
  const seconds = headerOf(error, "retry-after");
  return seconds && /^\d+$/.test(seconds) ? Number(seconds) * 1_000 : 0;
}

/**
 * Turns what is left of an error after all tries into the words a person needs: which permission is
 * lacking on what, who cannot be reached, whose credentials have ended. `permission` is the IAM
 * action that was asked for. What is no error of AWS or the network is handed back as it is.
 */
export function explain(error: unknown, permission: string, resource: string): unknown {
  if (error instanceof ActionError) return error;
  if (isDenied(error)) return denied(error, permission, resource);
  if (isStranger(error)) return noCredentials(error);

  const untried = connectionError("AWS", error);
  if (untried) return untried;
  if (isPassing(error)) return unreachable(error, permission, resource);
  return statusOf(error) === undefined ? error : refused(error, permission, resource);
}

function denied(error: unknown, permission: string, resource: string): ActionError {
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

export function noCredentials(error: unknown): ActionError {
  return new ActionError(
    "no-credentials",
    {
      what: "There are no AWS credentials, or they have ended.",
      why: reason(error),
      next: "Sign in (`aws sso login`, a profile, or AWS_* variables), or give `role` in a job.",
    },
    { cause: error },
  );
}

function unreachable(error: unknown, permission: string, resource: string): ActionError {
  return new ActionError(
    "aws-unreachable",
    {
      what: `AWS does not carry out ${permission} on ${resource}.`,
      why: `After many tries: ${codeOf(error)}: ${reason(error)}`,
      next: "Check `region` and the network, then run this again: it goes on from what is stored.",
    },
    { cause: error },
  );
}

function refused(error: unknown, permission: string, resource: string): ActionError {
  return new ActionError(
    "aws-refused",
    {
      what: `AWS refuses ${permission} on ${resource}.`,
      why: `${codeOf(error)}: ${reason(error)}`,
      next: "Mend what it says and run this again: it goes on from what is stored.",
    },
    { cause: error },
  );
}
