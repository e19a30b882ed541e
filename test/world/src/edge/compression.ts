import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { HttpReply } from "../aws/request.ts";
import type { Behaviour } from "./cloudfront.ts";

export type Encoding = "br" | "gzip" | undefined;

const LEAST_BYTES = 1_000;
const MOST_BYTES = 10_000_000;

/**
 * The commonest of the types that CloudFront compresses:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
 */
const TYPES = new Set([
  "application/javascript",
  "application/json",
  "application/ld+json",
  "application/manifest+json",
  "application/rss+xml",
  "application/vnd.ms-fontobject",
  "application/wasm",
  "application/xhtml+xml",
  "application/xml",
  "application/x-javascript",
  "font/otf",
  "font/ttf",
  "image/svg+xml",
  "text/css",
  "text/csv",
  "text/html",
  "text/javascript",
  "text/markdown",
  "text/plain",
  "text/xml",
]);

/** The one encoding that a viewer will get, and a part of the cache's key. */
export function encodingFor(accepted: string | undefined, behaviour: Behaviour): Encoding {
  if (!behaviour.compresses) return undefined;
  const names = (accepted ?? "")
    .split(",")
    .map((part) => part.trim().split(";"))
    .filter(([, quality]) => !/q=0(\.0*)?$/.test(quality ?? ""))
    .map(([name]) => name);
  if (behaviour.caching.brotli && names.includes("br")) return "br";
  return behaviour.caching.gzip && names.includes("gzip") ? "gzip" : undefined;
}

/** Compressed, if CloudFront would; an ETag of the bytes becomes one of the meaning. */
export function compressed(reply: HttpReply, encoding: Encoding): HttpReply {
  const { headers, body, status } = reply;
  const type = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const isIt = [200, 403, 404].includes(status) && TYPES.has(type);
  const fits = body.length >= LEAST_BYTES && body.length <= MOST_BYTES;
  if (!isIt || !fits || headers["content-encoding"] !== undefined) return reply;
  const vary = { ...headers, vary: "Accept-Encoding" };
  if (encoding === undefined) return { ...reply, headers: vary };
  const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };
  return {
    status,
    headers: {
      ...vary,
      "content-encoding": encoding,
      ...(headers.etag?.startsWith('"') && { etag: `W/${headers.etag}` }),
    },
    body: encoding === "br" ? brotliCompressSync(body, quick) : gzipSync(body),
  };
}
