import { cloudfront } from "../edge/cloudfront-api.ts";
import { keyValueStores } from "../edge/key-value-api.ts";
import { eks } from "../eks/eks-api.ts";
import { secretsManager } from "../secrets/secrets-api.ts";
import type { Account } from "./account.ts";
import { kms } from "./kms.ts";
import { type Protocol, unmapped } from "./refusal.ts";
import { type HttpReply, type HttpRequest, parseForm, queryValue } from "./request.ts";
import { s3 } from "./s3.ts";
import { readSignature, type Signature } from "./signature.ts";
import { sts } from "./sts.ts";

/** A request, understood: which operation of which service, with what. */
export type Call = {
  request: HttpRequest;
  service: string;
  operation: string;
  region: string;
  /** As a log shows it: `TrentService.Sign`, `PUT /bucket/key`. */
  target: string;
  params: Params;
  signature?: Signature;
};

export type Params = Record<string, unknown>;

/** Values of condition keys. */
export type Context = Record<string, string | string[]>;

/** One thing that the caller must be allowed to do for the call to go on. */
export type Need = { action: string; resource: string; context: Context };

/**
 * A service of AWS, as far as the gateway has to understand it. To add one: its way of naming the
 * operation, and the resources that each operation touches. Actions and condition keys come from
 * AWS's published list.
 */
export type Service = {
  protocol: Protocol;
  /** Takes signatures of version 4A only, which hold in any region. */
  asymmetric?: boolean;
  /** undefined when the service has no such operation, or this world no rule for it. */
  read(request: HttpRequest): Pick<Call, "operation" | "params" | "target"> | undefined;
  /** What the call needs; throws Refused for what fails before any permission is looked at. */
  needs(call: Call, account: Account): Promise<Need[]>;
  /** Answers from the account's books what the backend is not asked. */
  answer?(call: Call, account: Account): HttpReply | undefined;
  /** Puts right what the backend answers otherwise than AWS. */
  amend?(call: Call, reply: HttpReply, account: Account): HttpReply;
  /** Takes note of what a call that succeeded has changed in the account. */
  observe?(call: Call, reply: HttpReply, account: Account): void;
};

export const services: Record<string, Service> = {
  cloudfront,
  "cloudfront-keyvaluestore": keyValueStores,
  eks,
  kms,
  s3,
  secretsmanager: secretsManager,
  sts,
};

/** Finds out what a request asks for; throws a 501 that names what the world does not know. */
export function readCall(request: HttpRequest, defaultRegion: string): Call {
  const signature = readSignature(request);
  const name = signature?.scope.service ?? serviceOfUnsigned(request);
  const service = services[name];
  if (!service) throw unmapped(`the service ${name} (${request.method} ${request.path})`);

  const read = service.read(request);
  if (!read) throw unmapped(`${name}: ${describe(request)}`);
  const region = signature?.scope.region ?? defaultRegion;
  return { request, service: name, region, signature, ...read };
}

/** The protocol in which an error is told when the request was not understood. */
export function protocolOf(request: HttpRequest): Protocol {
  const name = readSignature(request)?.scope.service ?? serviceOfUnsigned(request);
  return services[name]?.protocol ?? (request.headers["x-amz-target"] ? "json" : "query");
}

/** Without a signature it is a JSON service by its target, STS by its form, or S3. */
function serviceOfUnsigned(request: HttpRequest): string {
  const target = request.headers["x-amz-target"];
  if (target !== undefined) return target.startsWith("TrentService.") ? "kms" : target;
  const form = request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded");
  return form || queryValue(request, "Action") !== undefined ? "sts" : "s3";
}

function describe(request: HttpRequest): string {
  const { method, path, query, headers, body } = request;
  const names = query.map(([name]) => name).join("&");
  const action = headers["x-amz-target"] ?? parseForm(body).Action ?? "";
  return `${method} ${path}${names && `?${names}`} ${action}`.trim();
}
