/** A request that did not succeed, as far as it matters for trying it again. */
export type Failure = {
  /** It makes something anew each time: not to be sent again unless it was certainly not done. */
  once: boolean;
  /** Undefined when there was no reply. */
  status?: number;
  /** Names in lower case. */
  headers: Record<string, string | number | undefined>;
  message: string;
};

const TRIES = 5;

/** What a job waits for rather than fail; GitHub's hourly limit can be further away than that. */
const LONGEST_MS = 10 * 60_000;

/** GitHub's advice for a secondary limit that names no time. */
const SECONDARY_MS = 60_000;

/**
 * Milliseconds to wait before a request is sent again, or undefined when it is not to be. `tried`
 * counts the times it was sent, `now` is in milliseconds since the epoch.
 *
 * What a limit refused was not done, so that is sent again whatever it is. After a reply that is
 * missing or broken nobody knows.
 * Protocol: docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
 */
export function waitBefore(failure: Failure, tried: number, now: number): number | undefined {
  if (tried >= TRIES) return undefined;

  const limit = limitWait(failure, now);
  if (limit !== undefined) return limit <= LONGEST_MS ? limit : undefined;

  const { once, status } = failure;
  const broken = status === undefined || status >= 500;
  return broken && !once ? 1_000 * 2 ** (tried - 1) : undefined;
}

/** How long GitHub does not want to hear from us; undefined when this is no limit of its own. */
export function limitWait(
  { status, headers, message }: Omit<Failure, "once">,
  now: number,
): number | undefined {
  if (status !== 403 && status !== 429) return undefined;

  const after = Number(headers["retry-after"]);
  if (after > 0) return after * 1_000;
  const reset = Number(headers["x-ratelimit-reset"]);
  if (String(headers["x-ratelimit-remaining"]) === "0" && reset > 0) {
    return Math.max(1_000, reset * 1_000 - now);
  }
  return status === 429 || /secondary rate limit/i.test(message) ? SECONDARY_MS : undefined;
}
