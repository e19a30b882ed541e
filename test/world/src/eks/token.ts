import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request as httpRequest } from "node:http";
import { text } from "node:stream/consumers";

/** As the authenticator of EKS's own control plane refuses a token. */
export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
}

const PREFIX = "k8s-aws-v1.";
const STS_HOST = /^sts(\.[a-z]+(-[a-z]+)+-\d)?\.amazonaws\.com$/;
const LONGEST = 4 * 1024;
/** What the signature says is not asked: STS takes it as long as this. */
const VALID_MS = 15 * 60_000;
const LONGEST_S = 900;
const CLUSTER_HEADER = "x-k8s-aws-id";

const PARAMETERS = new Set([
  "action",
  "version",
  "x-amz-algorithm",
  "x-amz-credential",
  "x-amz-date",
  "x-amz-expires",
  "x-amz-security-token",
  "x-amz-signature",
  "x-amz-signedheaders",
  "x-amz-user-agent",
]);

/**
 * The request to STS that a token is, after the rules by which aws-iam-authenticator takes one.
 * Throws TokenRefused.
 */
export function readToken(token: string, now: number): URL {
  if (token.length > LONGEST) throw new TokenRefused("token is too large");
  if (!token.startsWith(PREFIX)) throw new TokenRefused(`token is missing expected "${PREFIX}"`);
  if (!/^[\w-]*$/.test(token.slice(PREFIX.length))) throw new TokenRefused("illegal base64 data");
  const url = parsed(Buffer.from(token.slice(PREFIX.length), "base64url").toString("utf8"));
  if (url.protocol !== "https:") throw new TokenRefused(`unexpected scheme "${url.protocol}"`);
  if (!STS_HOST.test(url.host)) throw new TokenRefused(`unexpected hostname "${url.host}"`);
  if (url.pathname !== "/") throw new TokenRefused("unexpected path in pre-signed URL");

  const query = parameters(url);
  if (query.get("action") !== "GetCallerIdentity") throw new TokenRefused("unexpected action");
  const signed = query.get("x-amz-signedheaders")?.split(";") ?? [];
  if (!signed.includes(CLUSTER_HEADER)) {
    throw new TokenRefused(`client did not sign the ${CLUSTER_HEADER} header`);
  }
  const seconds = Number(query.get("x-amz-expires") ?? Number.NaN);
  if (!(seconds >= 0 && seconds <= LONGEST_S)) {
    throw new TokenRefused("invalid X-Amz-Expires parameter");
  }
  const at = Date.parse(dashed(query.get("x-amz-date") ?? ""));
  if (!(now < at + VALID_MS)) throw new TokenRefused("X-Amz-Date parameter is expired");
  return url;
}

function parsed(text: string): URL {
  if (!URL.canParse(text)) throw new TokenRefused("token is no URL");
  return new URL(text);
}

function parameters({ searchParams }: URL): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of searchParams) {
    const known = name.toLowerCase();
    if (!PARAMETERS.has(known)) throw new TokenRefused(`non-whitelisted query parameter "${name}"`);
    if (found.has(known)) throw new TokenRefused("query parameter with multiple values");
    found.set(known, value);
  }
  return found;
}

function dashed(time: string): string {
  return time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z");
}

/** Sends the request to where STS is, for one cluster; the ARN of who signed it. */
export async function askWho(url: URL, cluster: string, stsUrl: string): Promise<string> {
  const request = httpRequest(`${stsUrl}${url.pathname}${url.search}`, {
    headers: { host: url.host, accept: "application/json", [CLUSTER_HEADER]: cluster },
  });
  request.end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const said = await text(response);
  if (response.statusCode !== 200) throw new TokenRefused(`STS does not know it: ${said}`);
  return JSON.parse(said).GetCallerIdentityResponse.GetCallerIdentityResult.Arn;
}
