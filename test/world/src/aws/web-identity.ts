import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, jwtVerify } from "jose";
import type { Account, OidcProvider, Role } from "./account.ts";
import { evaluate } from "./authority.ts";
import type { Context } from "./call.ts";
import { publishedAction } from "./model.ts";
import type { PolicyDocument } from "./policy.ts";
import { type Refused, refuse } from "./refusal.ts";

/** Gives the keys of an issuer; rejects when it cannot be reached. */
export type KeysOf = (issuer: string) => Promise<JSONWebKeySet>;

export type WebIdentity = {
  provider: OidcProvider;
  subject: string;
  audience: string;
  claims: Record<string, unknown>;
};

const ACTION = "AssumeRoleWithWebIdentity";

/** Whose token this is; throws the refusal that STS gives for one that proves nothing. */
export async function readWebIdentity(
  token: string,
  account: Account,
  keysOf: KeysOf,
): Promise<WebIdentity> {
  const claims = unverified(token);
  const provider = account.providers.get(String(claims.iss).replace(/^https?:\/\//, ""));
  if (!provider) {
    throw invalid(`No OpenIDConnect provider found in your account for ${claims.iss}`);
  }
  await verify(token, claims, provider, keysOf);

  const audience = String(claims.aud);
  if (!provider.clientIds.includes(audience)) throw invalid("Incorrect token audience");
  if (typeof claims.sub !== "string") throw invalid("Missing a required claim: sub");
  return { provider, subject: claims.sub, audience, claims };
}

/** Whether the role's trust policy lets this identity in. */
export async function trusts(
  role: Role,
  identity: WebIdentity,
  sessionName: string,
  account: Account,
): Promise<boolean> {
  const { name, arn } = identity.provider;
  const verdict = await evaluate({
    request: {
      principal: arn,
      action: `sts:${ACTION}`,
      resource: { resource: role.arn, accountId: account.id },
      contextVariables: {
        ...renamed(await conditionKeys(identity), name),
        "sts:RoleSessionName": sessionName,
        "aws:SecureTransport": "true",
      },
    },
    identityPolicies: [],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: renamed<PolicyDocument>(role.trust, name),
  });
  return verdict.allowed;
}

function unverified(token: string): Record<string, unknown> {
  try {
    return decodeJwt(token);
  } catch {
    throw invalid(
      "The ID Token provided is not a valid JWT. " +
        "(You may see this error if you sent an Access Token)",
    );
  }
}

async function verify(
  token: string,
  claims: Record<string, unknown>,
  provider: OidcProvider,
  keysOf: KeysOf,
): Promise<void> {
  const keys = await keysOf(`https://${provider.name}`).catch(() => {
    throw invalid(
      "Couldn't retrieve verification key from your identity provider,  please reference " +
        "AssumeRoleWithWebIdentity documentation for requirements",
    );
  });
  try {
    await jwtVerify(token, createLocalJWKSet(keys), {
      algorithms: ["RS256", "ES256"],
      requiredClaims: ["exp"],
    });
  } catch (error) {
    throw verdictOn(error, claims);
  }
}

function verdictOn(error: unknown, claims: Record<string, unknown>): Refused {
  if (error instanceof errors.JWTExpired) {
    const now = Math.floor(Date.now() / 1000);
    const message =
      `Token expired: current date/time ${now} ` +
      `must be before the expiration date/time ${claims.exp}`;
    return refuse(400, "ExpiredTokenException", message);
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return invalid(`The claim ${error.claim} of the token does not hold (${error.reason}).`);
  }
  return invalid("Provided Token is not a Token that this identity provider signed");
}

function invalid(message: string): Refused {
  return refuse(400, "InvalidIdentityToken", message);
}

/** Of all claims, those that AWS publishes as condition keys; a policy on others never matches. */
async function conditionKeys({ provider, claims }: WebIdentity): Promise<Context> {
  const published = (await publishedAction("sts", ACTION))?.conditionKeys ?? [];
  const prefix = `${provider.name}:`;
  const names = ["aud", "sub", ...published.filter((it) => it.startsWith(prefix)).map(bare)];
  return Object.fromEntries(
    names
      .filter((name) => claims[name] !== undefined)
      .map((name) => [`${prefix}${name}`, String(claims[name])]),
  );

  function bare(key: string): string {
    return key.slice(prefix.length);
  }
}

/**
 * AWS's published list has `aud` and `sub` for some providers only, and the simulator drops what is
 * not listed: they are evaluated under the name of a provider that has them.
 */
function renamed<T>(value: T, provider: string): T {
  const listed = "accounts.google.com";
  const text = JSON.stringify(value)
    .replaceAll(`"${provider}:aud"`, `"${listed}:aud"`)
    .replaceAll(`"${provider}:sub"`, `"${listed}:sub"`);
  return JSON.parse(text) as T;
}
