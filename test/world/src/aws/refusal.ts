import { randomUUID } from "node:crypto";
import type { HttpReply } from "./request.ts";

/**
 * How a service writes its errors: KMS in JSON, key-value stores too but named in a header, STS and
 * CloudFront as the reply to a query, S3 in plain XML.
 */
export type Protocol = "json" | "rest-json" | "query" | "s3";

export type Refusal = {
  status: number;
  code: string;
  message: string;
  headers?: Record<string, string>;
  /** Further elements of S3's error document. */
  details?: Record<string, string>;
};

/** Thrown anywhere on a request's way; becomes the error reply that AWS would give. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(`${refusal.code}: ${refusal.message}`);
    this.refusal = refusal;
  }
}

export function refuse(status: number, code: string, message: string): Refused {
  return new Refused({ status, code, message });
}

/** What this world does not know is never let through. */
export function unmapped(what: string): Refused {
  return refuse(501, "NotImplemented", `The world has no rule for ${what}; add one before use.`);
}

/** The error reply in the service's own shape. A reply to HEAD has no body. */
export function errorReply(protocol: Protocol, refusal: Refusal, method = "POST"): HttpReply {
  const id = randomUUID();
  const { status, headers = {} } = refusal;
  const { type, text, named } = bodies[protocol](refusal, id);
  const kind = protocol === "rest-json" && { "x-amzn-errortype": refusal.code };
  const common = { "content-type": type, [named]: id, ...kind, ...headers };
  return { status, headers: common, body: Buffer.from(method === "HEAD" ? "" : text) };
}

const bodies: Record<Protocol, (refusal: Refusal, id: string) => Body> = {
  json: ({ code, message }) => ({
    type: "application/x-amz-json-1.1",
    text: JSON.stringify({ __type: code, message, Message: message }),
    named: "x-amzn-requestid",
  }),
  "rest-json": ({ message }) => ({
    type: "application/json",
    text: JSON.stringify({ Message: message }),
    named: "x-amzn-requestid",
  }),
  query: ({ status, code, message }, id) => ({
    type: "text/xml",
    text:
      '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">' +
      `<Error><Type>${status < 500 ? "Sender" : "Receiver"}</Type>` +
      `${xml({ Code: code, Message: message })}</Error>${xml({ RequestId: id })}</ErrorResponse>`,
    named: "x-amzn-requestid",
  }),
  s3: ({ code, message, details = {} }, id) => ({
    type: "application/xml",
    text:
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error>' +
      `${xml({ Code: code, Message: message, ...details, RequestId: id, HostId: id })}</Error>`,
    named: "x-amz-request-id",
  }),
};

type Body = { type: string; text: string; named: string };

/** Elements in the order given. */
export function xml(elements: Record<string, string | number>): string {
  return Object.entries(elements)
    .map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`)
    .join("");
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
