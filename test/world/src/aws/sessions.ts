import { randomUUID } from "node:crypto";
import type { Account, Role } from "./account.ts";
import type { Call } from "./call.ts";
import type { Credentials, Keyring, Principal } from "./keyring.ts";
import { type PolicyDocument, policyFault } from "./policy.ts";
import { refuse, unmapped, xml } from "./refusal.ts";
import type { HttpReply } from "./request.ts";
import { type KeysOf, readWebIdentity, trusts } from "./web-identity.ts";

type Params = Record<string, string | undefined>;

/** The longest inline session policy, in characters as they are sent. */
const POLICY_LIMIT = 2_048;
const SHORTEST_S = 900;
const DEFAULT_S = 3_600;

const CHAINED =
  "The requested DurationSeconds exceeds the 1 hour session limit " +
  "for roles assumed by role chaining";

/** The part of STS that says who somebody is and opens sessions. */
export class Sessions {
  readonly #account: Account;
  readonly #keyring: Keyring;
  readonly #keysOf: KeysOf;

  constructor(account: Account, keyring: Keyring, keysOf: KeysOf) {
    this.#account = account;
    this.#keyring = keyring;
    this.#keysOf = keysOf;
  }

  /** Answers a call that has been authorised; an OIDC token is judged here. */
  async answer(call: Call, caller: Principal): Promise<HttpReply> {
    if (call.operation === "GetCallerIdentity") return this.#whoIs(call, caller);
    if (call.operation === "AssumeRole") return this.#assume(call.params as Params, caller);
    return this.#assumeWithToken(call.params as Params);
  }

  /** Opens a session of a role, past its trust policy. */
  open(role: Role, sessionName: string, { policy, provider, seconds }: SessionOptions = {}) {
    const arn = this.#account.arn("sts", `assumed-role/${role.name}/${sessionName}`);
    const userId = `${role.id}:${sessionName}`;
    const issuedAt = new Date();
    const principal: Principal = {
      kind: "session",
      arn,
      userId,
      roleArn: role.arn,
      issuedAt,
      policy,
      provider,
    };
    return { principal, credentials: this.#keyring.issueSession(principal, seconds ?? DEFAULT_S) };
  }

  #whoIs({ request }: Call, { arn, userId }: Principal): HttpReply {
    const who = { Arn: arn, UserId: userId, Account: this.#account.id };
    const asJson = request.headers.accept === "application/json";
    return asJson ? jsonReply("GetCallerIdentity", who) : reply("GetCallerIdentity", xml(who));
  }

  #assume(params: Params, caller: Principal): HttpReply {
    const role = this.#account.roles.get(params.RoleArn ?? "");
    if (!role) throw refuse(403, "AccessDenied", "Not authorized to perform sts:AssumeRole");
    if (caller.kind === "session" && Number(params.DurationSeconds ?? 0) > DEFAULT_S) {
      throw refuse(400, "ValidationError", CHAINED);
    }
    const options = sessionOptions(params, role);
    const { principal, credentials } = this.open(role, sessionName(params), options);
    return reply("AssumeRole", session(principal, credentials, params.Policy));
  }

  async #assumeWithToken(params: Params): Promise<HttpReply> {
    const name = sessionName(params);
    const token = params.WebIdentityToken ?? "";
    const identity = await readWebIdentity(token, this.#account, this.#keysOf);
    const role = this.#account.roles.get(params.RoleArn ?? "");
    if (!role || !(await trusts(role, identity, name, this.#account))) {
      throw refuse(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    }
    const provider = identity.provider.arn;
    const options = { ...sessionOptions(params, role), provider };
    const { principal, credentials } = this.open(role, name, options);
    const { subject, audience } = identity;
    const proof = { SubjectFromWebIdentityToken: subject, Audience: audience, Provider: provider };
    return reply(
      "AssumeRoleWithWebIdentity",
      xml(proof) + session(principal, credentials, params.Policy),
    );
  }
}

export type SessionOptions = {
  /** An inline session policy. */
  policy?: PolicyDocument;
  provider?: string;
  seconds?: number;
};

function sessionOptions(params: Params, role: Role): SessionOptions {
  const unknown = Object.keys(params).find((name) => /^(Tags|PolicyArns|TransitiveTag)/.test(name));
  if (unknown) throw unmapped(`the parameter ${unknown} of sts:AssumeRole`);
  return { policy: sessionPolicy(params.Policy), seconds: duration(params, role) };
}

function sessionPolicy(text: string | undefined): PolicyDocument | undefined {
  if (text === undefined) return undefined;
  if (text.length > POLICY_LIMIT) {
    throw refuse(
      400,
      "PackedPolicyTooLarge",
      `Packed size of session policy consumes ${packedSize(text)}% of allotted space, ` +
        "please use smaller policy.",
    );
  }
  const document = parsePolicy(text);
  const fault = document === undefined ? "it is not JSON" : policyFault(document, "session");
  if (fault === undefined) return document;
  throw refuse(400, "MalformedPolicyDocument", `The policy is not in the valid format: ${fault}`);
}

function parsePolicy(text: string): PolicyDocument | undefined {
  try {
    return JSON.parse(text) as PolicyDocument;
  } catch {
    return undefined;
  }
}

/** In per cent. AWS packs policies in its own way; this is the nearest that can be computed. */
function packedSize(policy: string): number {
  return Math.ceil((100 * policy.length) / POLICY_LIMIT);
}

function duration({ DurationSeconds }: Params, role: Role): number {
  const seconds = Number(DurationSeconds ?? DEFAULT_S);
  if (seconds >= SHORTEST_S && seconds <= role.maxSessionSeconds) return seconds;
  throw refuse(
    400,
    "ValidationError",
    seconds < SHORTEST_S
      ? `1 validation error detected: Value '${DurationSeconds}' at 'durationSeconds' failed to ` +
          `satisfy constraint: Member must have value greater than or equal to ${SHORTEST_S}`
      : "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
  );
}

function sessionName({ RoleSessionName = "" }: Params): string {
  if (/^[\w+=,.@-]{2,64}$/.test(RoleSessionName)) return RoleSessionName;
  throw refuse(
    400,
    "ValidationError",
    `1 validation error detected: Value '${RoleSessionName}' at 'roleSessionName' failed to ` +
      "satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
  );
}

function session({ arn, userId }: Principal, credentials: Required<Credentials>, policy?: string) {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials;
  return [
    `<AssumedRoleUser>${xml({ Arn: arn, AssumedRoleId: userId })}</AssumedRoleUser>`,
    "<Credentials>",
    xml({
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      SessionToken: sessionToken,
      Expiration: expiration.toISOString(),
    }),
    "</Credentials>",
    policy === undefined ? "" : xml({ PackedPolicySize: packedSize(policy) }),
  ].join("");
}

/** In the shape that authenticators of clusters ask for. */
function jsonReply(operation: string, result: object): HttpReply {
  const answer = {
    [`${operation}Response`]: {
      [`${operation}Result`]: result,
      ResponseMetadata: { RequestId: randomUUID() },
    },
  };
  const headers = { "content-type": "application/json" };
  return { status: 200, headers, body: Buffer.from(JSON.stringify(answer)) };
}

function reply(operation: string, result: string): HttpReply {
  const text =
    `<${operation}Response ` +
    `xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><${operation}Result>${result}</${operation}Result><ResponseMetadata>${xml({ RequestId: randomUUID() })}</ResponseMetadata></${operation}Response>`;
  return { status: 200, headers: { "content-type": "text/xml" }, body: Buffer.from(text) };
}
