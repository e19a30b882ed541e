import type { HttpRequest } from "./request.ts";

const STREAMING = "STREAMING-";

/**
 * Takes AWS's own chunks (`aws-chunked`: each with its size, an optional signature, and a trailer
 * with the checksum) off a body, as streams are uploaded in. The chunks' signatures are not
 * checked: the request's is.
 */
export function decodeChunks(request: HttpRequest): HttpRequest {
  if (!request.headers["x-amz-content-sha256"]?.startsWith(STREAMING)) return request;

  const { data, trailers } = readChunks(request.body);
  return { ...request, body: data, headers: { ...request.headers, ...trailers } };
}

/** The headers that speak of the chunks and would be wrong about the plain body. */
export function withoutChunkHeaders(headers: Record<string, string>): Record<string, string> {
  const { "x-amz-trailer": _, "x-amz-decoded-content-length": __, ...rest } = headers;
  const encodings = (rest["content-encoding"] ?? "")
    .split(",")
    .map((encoding) => encoding.trim())
    .filter((encoding) => encoding !== "" && encoding !== "aws-chunked");
  delete rest["content-encoding"];
  return encodings.length > 0 ? { ...rest, "content-encoding": encodings.join(",") } : rest;
}

function readChunks(body: Buffer) {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = endOfLine(body, at);
    const size = Number.parseInt(body.toString("latin1", at, lineEnd), 16);
    if (!Number.isInteger(size)) throw new Error("a chunk without a size");
    at = lineEnd + 2;
    if (size === 0) break;

    parts.push(body.subarray(at, at + size));
    at += size + 2;
  }
  return { data: Buffer.concat(parts), trailers: readTrailers(body.toString("latin1", at)) };
}

function readTrailers(text: string): Record<string, string> {
  const lines = text.split("\r\n").filter((line) => line.includes(":"));
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf(":");
      return [line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()];
    }),
  );
}

function endOfLine(body: Buffer, from: number): number {
  const at = body.indexOf("\r\n", from);
  if (at < 0) throw new Error("a chunk without an end of line");
  return at;
}
