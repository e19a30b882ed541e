import { randomUUID } from "node:crypto";
import type { HttpReply, HttpRequest } from "../aws/request.ts";
import type { Behaviour, Distribution } from "./cloudfront.ts";
import type { Fields, FunctionEvent, FunctionResponse } from "./function.ts";
import { failure } from "./origin.ts";

/** A viewer's request, after the function has had it. */
export type Visit = { request: HttpRequest; uri: string; behaviour: Behaviour; location: number };

/** Which behaviour a path has, by the path that the viewer asked for. */
export function behaviourFor({ behaviours }: Distribution, path: string): Behaviour {
  const found = behaviours.find(({ pattern }) => patternOf(pattern).test(path));
  if (!found) throw new Error("a distribution has no default behaviour");
  return found;
}

/** `*` is anything, `?` any one character; a leading slash may be left out. */
function patternOf(pattern: string): RegExp {
  const literal = pattern.replace(/^\//, "").replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^/?${literal.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s");
}

export function eventOf(distribution: Distribution, request: HttpRequest): FunctionEvent {
  const { cookie = "", ...headers } = request.headers;
  const cookies = cookie
    .split(";")
    .map((pair) => pair.trim().split(/=(.*)/s) as [string, string])
    .filter(([name]) => name !== "");
  return {
    version: "1.0",
    context: {
      distributionDomainName: distribution.domain,
      distributionId: distribution.id,
      eventType: "viewer-request",
      requestId: randomUUID(),
    },
    viewer: { ip: "127.0.0.1" },
    request: {
      method: request.method,
      uri: request.path,
      querystring: fieldsOf(request.query),
      headers: fieldsOf(Object.entries(headers)),
      cookies: fieldsOf(cookies),
    },
  };
}

function fieldsOf(pairs: [string, string][]): Fields {
  const fields: Fields = {};
  for (const [name, value] of pairs) {
    const known = fields[name];
    const all = [...(known?.multiValue ?? (known ? [{ value: known.value }] : [])), { value }];
    fields[name] = all.length > 1 ? { value, multiValue: all } : { value };
  }
  return fields;
}

/** What a function answers by itself. */
export function replyOf(response: FunctionResponse): HttpReply {
  const { statusCode: status, headers = {}, body = "" } = response;
  const bytes =
    typeof body === "string"
      ? Buffer.from(body)
      : Buffer.from(body.data, body.encoding === "base64" ? "base64" : "utf8");
  const plain = Object.entries(headers).map(([name, { value }]) => [name, value]);
  return { status, headers: Object.fromEntries(plain), body: bytes };
}

export function functionFailed(how: string, why: string): HttpReply {
  return failure(503, `The CloudFront function failed (${how}): ${why}\n`);
}

/** With the headers that the distribution adds to whatever it answers. */
export function withHeaders(
  reply: HttpReply,
  { headers: rules }: Behaviour,
  { headers: { origin } }: HttpRequest,
): HttpReply {
  const headers = { ...reply.headers };
  for (const { name, value, override } of rules) {
    const own = typeof value === "string" ? value : value(origin);
    if (own !== undefined && (override || headers[name] === undefined)) headers[name] = own;
  }
  return { ...reply, headers };
}

/** What is left of it for a viewer who has it already, or asks for the headers alone. */
export function asAsked(reply: HttpReply, request: HttpRequest): HttpReply {
  const { "if-none-match": known } = request.headers;
  const { etag } = reply.headers;
  if (reply.status === 200 && known !== undefined && etag !== undefined && names(known, etag)) {
    const { "content-length": _, "content-type": __, ...headers } = reply.headers;
    return { status: 304, headers, body: Buffer.alloc(0) };
  }
  return reply;
}

function names(list: string, etag: string): boolean {
  const plain = (tag: string) => tag.trim().replace(/^W\//, "");
  return list.trim() === "*" || list.split(",").some((tag) => plain(tag) === plain(etag));
}
