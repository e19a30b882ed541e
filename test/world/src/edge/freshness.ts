import type { CachePolicy } from "./cloudfront.ts";

/** In lower case, by name. */
type Headers = Record<string, string>;

/**
 * How long CloudFront keeps a response, in seconds; 0 when it asks the origin each time whether it
 * still holds, undefined when it is not kept at all.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
 */
export function secondsToKeep(headers: Headers, policy: CachePolicy, now: number) {
  const says = directives(headers);
  const forbids = says.has("no-store") || says.has("private");
  if (forbids || says.has("no-cache")) {
    if (policy.min > 0) return policy.min;
    return forbids ? undefined : 0;
  }
  const asked = askedFor(headers, now) ?? policy.default;
  return Math.max(policy.min, Math.min(policy.max, asked));
}

/** Kept whatever their headers say; the other errors only when the origin says for how long. */
const ALWAYS_KEPT = new Set([404, 414, 500, 501, 502, 503, 504]);
const SECONDS = 10;

/**
 * How long an error is kept.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/HTTPStatusCodes.html
 */
export function secondsToKeepError(
  status: number,
  headers: Headers,
  configured: ReadonlyMap<number, number>,
  now: number,
): number | undefined {
  const least = configured.get(status) ?? SECONDS;
  const asked = askedFor(headers, now);
  if (asked !== undefined) return Math.max(least, asked);
  return ALWAYS_KEPT.has(status) || configured.has(status) ? least : undefined;
}

/** Whether what has gone stale may be served while the origin fails. */
export function mayBeStale(headers: Headers): boolean {
  const says = directives(headers);
  return !["no-cache", "no-store", "must-revalidate", "proxy-revalidate"].some((it) =>
    says.has(it),
  );
}

function askedFor(headers: Headers, now: number): number | undefined {
  const says = directives(headers);
  const age = says.get("s-maxage") ?? says.get("max-age");
  if (age !== undefined) return Number(age);
  const expires = Date.parse(headers.expires ?? "");
  return Number.isNaN(expires) ? undefined : Math.max(0, (expires - now) / 1000);
}

function directives(headers: Headers): Map<string, string> {
  const parts = (headers["cache-control"] ?? "").toLowerCase().split(",");
  return new Map(parts.map((part) => part.trim().split("=") as [string, string]));
}
