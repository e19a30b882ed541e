import type { Account } from "../aws/account.ts";
import { askAs, type Cloud } from "../aws/gateway.ts";
import { anonymous, type Principal } from "../aws/keyring.ts";
import type { HttpReply } from "../aws/request.ts";
import type { Behaviour, Distribution } from "./cloudfront.ts";

/** How often CloudFront tries to reach an origin. */
const ATTEMPTS = 3;

/** What S3 says about itself, and CloudFront does not pass on. */
const ORIGINS_OWN = [
  "connection",
  "keep-alive",
  "transfer-encoding",
  "x-amz-request-id",
  "x-amz-id-2",
];

/**
 * Asks the bucket for an object, as CloudFront does with origin access control: under its own name,
 * for one distribution. What it may do is what the bucket's policy says.
 */
export async function fetchFrom(
  cloud: Cloud,
  distribution: Distribution,
  behaviour: Behaviour,
  uri: string,
  etag: string | undefined,
): Promise<HttpReply> {
  const name = behaviour.bucket;
  const caller: Principal = behaviour.signs
    ? { kind: "service", arn: "cloudfront.amazonaws.com", userId: "", source: distribution.arn }
    : anonymous;
  const request = {
    method: "GET",
    path: `/${name}${uri}`,
    query: [],
    headers: { ...(etag !== undefined && { "if-none-match": etag }) } as Record<string, string>,
    body: Buffer.alloc(0),
  };
  if (!isEncoded(uri)) return failure(400, "Bad request.\n");
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const reply = await askAs(cloud, caller, request, regionOf(name, cloud.account));
    if (reply) return { ...reply, headers: passedOn(reply.headers) };
  }
  return failure(502, "The request could not be satisfied: the origin closed the connection.\n");
}

/** An answer of CloudFront's own. */
export function failure(status: number, text: string): HttpReply {
  return { status, headers: { "content-type": "text/plain" }, body: Buffer.from(text) };
}

function isEncoded(uri: string): boolean {
  try {
    return decodeURIComponent(uri) !== "";
  } catch {
    return false;
  }
}

function regionOf(bucket: string, account: Account): string {
  return account.buckets.get(bucket)?.region ?? account.region;
}

function passedOn(headers: Record<string, string>): Record<string, string> {
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  // A bucket without rules for other sites' code says nothing of it, and what stands for S3 does.
  const isOwn = (name: string) => ORIGINS_OWN.includes(name) || name.startsWith("access-control-");
  return Object.fromEntries(own.filter(([name]) => !isOwn(name)));
}
