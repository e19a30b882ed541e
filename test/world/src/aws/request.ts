import type { IncomingMessage } from "node:http";
import { decodeChunks } from "./chunked.ts";

/** A request as a client of AWS sent it. */
export type HttpRequest = {
  method: string;
  /** Encoded, without the query; with the bucket that a host's name has. */
  path: string;
  /** As on the wire, where that is another: what is signed. */
  sentPath?: string;
  /** Decoded. A `+` is a plus: AWS's query strings know no other space than `%20`. */
  query: [name: string, value: string][];
  /** Names in lower case. */
  headers: Record<string, string>;
  /** What the client means: never in chunks. */
  body: Buffer;
};

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html */
const BUCKET_HOST = /^(.+)\.s3[.-][a-z0-9-]+\.amazonaws\.com(?::\d+)?$/;

export type HttpReply = { status: number; headers: Record<string, string>; body: Buffer };

/** Reads a whole request; throws when the client goes away before its end. */
export async function readRequest(message: IncomingMessage): Promise<HttpRequest> {
  const [sentPath = "/", query = ""] = splitOnce(message.url ?? "/", "?");
  const bucket = BUCKET_HOST.exec(message.headers.host ?? "")?.[1];
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  const request: HttpRequest = {
    method: message.method ?? "GET",
    ...(bucket === undefined ? { path: sentPath } : { path: `/${bucket}${sentPath}`, sentPath }),
    query: parseQuery(query),
    headers: plainHeaders(message),
    body: Buffer.concat(parts),
  };
  return decodeChunks(request);
}

export function queryValue(request: HttpRequest, name: string): string | undefined {
  return request.query.find(([key]) => key === name)?.[1];
}

export function parseQuery(text: string): [string, string][] {
  if (text === "") return [];
  return text.split("&").map((pair) => {
    const [name = "", value = ""] = splitOnce(pair, "=");
    return [decodeURIComponent(name), decodeURIComponent(value)];
  });
}

/** The fields of an HTML form, in which a `+` is a space. */
export function parseForm(body: Buffer): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(body.toString("utf8")));
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

function plainHeaders(message: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(message.headersDistinct).map(([name, values = []]) => [name, values.join(",")]),
  );
}
