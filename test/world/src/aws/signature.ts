import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { HttpRequest } from "./request.ts";
import { fitsKeyOf } from "./signature-key.ts";

/**
 * Signature Version 4, and 4A, which is asymmetric and names no region, read and checked from the
 * server's side:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export type Signature = {
  kind: "HMAC" | "ECDSA";
  accessKeyId: string;
  /** `20261124/us-east-1/kms/aws4_request`, taken apart. */
  scope: { date: string; region: string; service: string };
  /** As written: `20261124T003312Z`. */
  time: string;
  signedHeaders: string[];
  value: string;
  token?: string;
  /** In the query rather than in a header, and for how many seconds. */
  presignedFor?: number;
};

const ALGORITHM = "AWS4-HMAC-SHA256";
const ASYMMETRIC = "AWS4-ECDSA-P256-SHA256";
const UNSIGNED = "UNSIGNED-PAYLOAD";

/** How far a client's clock may be off, in milliseconds. */
export const SKEW_MS = 15 * 60_000;

/** The signature that a request carries; undefined when it carries none, or not all of one. */
export function readSignature(request: HttpRequest): Signature | undefined {
  const authorization = request.headers.authorization;
  return authorization === undefined ? fromQuery(request) : fromHeader(request, authorization);
}

/** Whether the request is what was signed with `secret`, body included. */
export function isSignedWith(request: HttpRequest, signature: Signature, secret: string): boolean {
  if (!bodyIsAsSigned(request)) return false;
  const { date, region, service } = signature.scope;
  if (signature.kind === "ECDSA") {
    const scope = `${date}/${service}/aws4_request`;
    const text = textToSign(ASYMMETRIC, scope, request, signature);
    return fitsKeyOf(signature.accessKeyId, secret, text, signature.value);
  }
  const key = [date, region, service, "aws4_request"].reduce<string | Buffer>(
    (parent, part) => hmac(parent, part),
    `AWS4${secret}`,
  );
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = textToSign(ALGORITHM, scope, request, signature);
  return sameText(hmac(key, text).toString("hex"), signature.value);
}

function textToSign(
  algorithm: string,
  scope: string,
  request: HttpRequest,
  signature: Signature,
): string {
  const hash = sha256(canonicalRequest(request, signature));
  return [algorithm, signature.time, scope, hash].join("\n");
}

/** When the signature was made, in milliseconds; NaN when it is no time. */
export function signedAt({ time }: Signature): number {
  return Date.parse(
    time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
  );
}

function fromHeader(request: HttpRequest, authorization: string): Signature | undefined {
  const algorithm = [ALGORITHM, ASYMMETRIC].find((it) => authorization.startsWith(`${it} `));
  if (algorithm === undefined) return undefined;
  const fields = Object.fromEntries(
    authorization
      .slice(algorithm.length)
      .split(",")
      .map((field) => field.trim().split(/=(.*)/s).slice(0, 2) as [string, string]),
  );
  return assemble({
    credential: fields.Credential,
    time: request.headers["x-amz-date"],
    signedHeaders: fields.SignedHeaders,
    value: fields.Signature,
    token: request.headers["x-amz-security-token"],
    regions: algorithm === ASYMMETRIC ? request.headers["x-amz-region-set"] : undefined,
  });
}

function fromQuery(request: HttpRequest): Signature | undefined {
  const query = new Map(request.query.map(([name, value]) => [name.toLowerCase(), value]));
  if (query.get("x-amz-algorithm") !== ALGORITHM) return undefined;
  const signature = assemble({
    credential: query.get("x-amz-credential"),
    time: query.get("x-amz-date"),
    signedHeaders: query.get("x-amz-signedheaders"),
    value: query.get("x-amz-signature"),
    token: query.get("x-amz-security-token"),
    regions: undefined,
  });
  return signature && { ...signature, presignedFor: Number(query.get("x-amz-expires") ?? 0) };
}

type Parts = Record<
  "credential" | "time" | "signedHeaders" | "value" | "token" | "regions",
  string | undefined
>;

/** A signature without a region in its scope names the regions that it is for in a header. */
function assemble(parts: Parts): Signature | undefined {
  const { credential, time, signedHeaders, value, token, regions } = parts;
  const named = credential?.split("/") ?? [];
  if (regions !== undefined) named.splice(2, 0, regions);
  const [accessKeyId, date, region, service, end] = named;
  if (!accessKeyId || !date || !region || !service || end !== "aws4_request") return undefined;
  if (!time || !signedHeaders || !value) return undefined;
  return {
    kind: regions === undefined ? "HMAC" : "ECDSA",
    accessKeyId,
    scope: { date, region, service },
    time,
    signedHeaders: signedHeaders.split(";"),
    value,
    token,
  };
}

function canonicalRequest(request: HttpRequest, { signedHeaders, scope, presignedFor }: Signature) {
  const headers = signedHeaders.map((name) => {
    const value = request.headers[name] ?? "";
    return `${name}:${value.trim().replace(/ +/g, " ")}\n`;
  });
  return [
    request.method,
    canonicalPath(request.sentPath ?? request.path, scope.service),
    canonicalQuery(request.query),
    headers.join(""),
    signedHeaders.join(";"),
    presignedFor !== undefined && scope.service === "s3" ? UNSIGNED : bodyHash(request),
  ].join("\n");
}

/** S3 signs the path as it is sent, every other service encodes it once more. */
function canonicalPath(path: string, service: string): string {
  const once = path.split("/").map((segment) => encode(decodeURIComponent(segment)));
  return service === "s3" ? once.join("/") : once.map(encode).join("/");
}

function canonicalQuery(query: [string, string][]): string {
  return query
    .filter(([name]) => name.toLowerCase() !== "x-amz-signature")
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function bodyHash(request: HttpRequest): string {
  return request.headers["x-amz-content-sha256"] ?? sha256(request.body);
}

/** A hash in the header has to be the body's; the other values say that there is none. */
function bodyIsAsSigned({ headers, body }: HttpRequest): boolean {
  const claimed = headers["x-amz-content-sha256"];
  return claimed === undefined || !/^[0-9a-f]{64}$/.test(claimed) || claimed === sha256(body);
}

/** RFC 3986, which leaves fewer characters alone than encodeURIComponent. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
