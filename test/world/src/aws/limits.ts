import { type Protocol, Refused } from "./refusal.ts";

/** How many calls a second a service takes, as a bucket that holds one second's worth. */
export class Limits {
  readonly #buckets = new Map<string, { perSecond: number; tokens: number; filledAt: number }>();

  /** `undefined` lifts the limit. */
  set(service: string, perSecond: number | undefined): void {
    if (perSecond === undefined) this.#buckets.delete(service);
    else this.#buckets.set(service, { perSecond, tokens: perSecond, filledAt: performance.now() });
  }

  /** Takes one call off the allowance; throws the service's throttling error when it is used up. */
  take(service: string, protocol: Protocol): void {
    const bucket = this.#buckets.get(service);
    if (!bucket) return;
    const now = performance.now();
    const earned = ((now - bucket.filledAt) / 1000) * bucket.perSecond;
    bucket.tokens = Math.min(bucket.perSecond, bucket.tokens + earned);
    bucket.filledAt = now;
    if (bucket.tokens < 1) throw throttled(service, protocol);
    bucket.tokens -= 1;
  }
}

function throttled(service: string, protocol: Protocol): Refused {
  if (protocol === "s3") {
    const message = "Please reduce your request rate.";
    return new Refused({ status: 503, code: "SlowDown", message });
  }
  const message =
    service === "kms"
      ? "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."
      : "Rate exceeded";
  const inJson = protocol === "json" || protocol === "rest-json";
  const code = inJson ? "ThrottlingException" : "Throttling";
  return new Refused({ status: 400, code, message });
}
