import { type Call, services } from "./call.ts";
import { anonymous, type Keyring, type Principal } from "./keyring.ts";
import { type Protocol, refuse } from "./refusal.ts";
import { isSignedWith, type Signature, SKEW_MS, signedAt } from "./signature.ts";

type Fault = "missing" | "unknown" | "token" | "expired" | "signature" | "skewed";

/**
 * Who sent a call, from its signature. Throws what the service says to a key that nobody holds, a
 * token that is not the key's, a session that has expired, a signature that does not fit.
 */
export function identify(call: Call, protocol: Protocol, keyring: Keyring, now: number): Principal {
  const { signature, operation, request } = call;
  if (operation === "AssumeRoleWithWebIdentity") return anonymous;
  if (!signature) return unsigned(call, protocol);

  const holder = keyring.find(signature.accessKeyId);
  if (!holder) throw refusal("unknown", protocol);
  const { secretAccessKey, sessionToken, expiration } = holder.credentials;
  if (signature.token !== sessionToken) throw refusal("token", protocol);
  const wanted = services[call.service]?.asymmetric ? "ECDSA" : "HMAC";
  if (signature.kind !== wanted) throw refusal("signature", protocol);
  if (!isSignedWith(request, signature, secretAccessKey)) throw refusal("signature", protocol);
  if (isOutOfTime(signature, now)) throw refusal("skewed", protocol);
  if (expiration && expiration.getTime() <= now) throw refusal("expired", protocol);
  return holder.principal;
}

/** Only S3 has a use for callers without a name: a bucket's policy can let everybody in. */
function unsigned({ service, request }: Call, protocol: Protocol): Principal {
  if (service === "s3" && request.headers.authorization === undefined) return anonymous;
  throw refusal("missing", protocol);
}

function isOutOfTime(signature: Signature, now: number): boolean {
  const age = now - signedAt(signature);
  // Only S3 asks how long a presigned request was meant to last; others take each for as long.
  if (signature.presignedFor === undefined || signature.scope.service !== "s3") {
    return !(Math.abs(age) <= SKEW_MS);
  }
  return !(age >= -SKEW_MS && age <= signature.presignedFor * 1000);
}

function refusal(fault: Fault, protocol: Protocol) {
  const [status, code, message] = refusals[protocol][fault];
  return refuse(status, code, message);
}

const MISMATCH =
  "The request signature we calculated does not match the signature you provided. " +
  "Check your AWS Secret Access Key and signing method. " +
  "Consult the service documentation for details.";
const INVALID = "The security token included in the request is invalid.";
const EXPIRED = "The security token included in the request is expired";
const SKEWED = "Signature expired: the request's time is not within 15 minutes of the server's.";

type Refusals = Record<Fault, [status: number, code: string, message: string]>;

const inJson = (status: number): Refusals => ({
  missing: [status, "MissingAuthenticationTokenException", "Missing Authentication Token"],
  unknown: [status, "UnrecognizedClientException", INVALID],
  token: [status, "UnrecognizedClientException", INVALID],
  expired: [status, "ExpiredTokenException", EXPIRED],
  signature: [status, "InvalidSignatureException", MISMATCH],
  skewed: [status, "InvalidSignatureException", SKEWED],
});

/** The same fault has another name in each protocol. */
const refusals: Record<Protocol, Refusals> = {
  json: inJson(400),
  "rest-json": inJson(403),
  query: {
    missing: [403, "MissingAuthenticationToken", "Request is missing Authentication Token"],
    unknown: [403, "InvalidClientTokenId", INVALID],
    token: [403, "InvalidClientTokenId", INVALID],
    expired: [403, "ExpiredToken", EXPIRED],
    signature: [403, "SignatureDoesNotMatch", MISMATCH],
    skewed: [403, "SignatureDoesNotMatch", SKEWED],
  },
  s3: {
    missing: [403, "AccessDenied", "Access Denied"],
    unknown: [
      403,
      "InvalidAccessKeyId",
      "The AWS Access Key Id you provided does not exist in our records.",
    ],
    token: [400, "InvalidToken", "The provided token is malformed or otherwise invalid."],
    expired: [400, "ExpiredToken", "The provided token has expired."],
    signature: [
      403,
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. " +
        "Check your key and signing method.",
    ],
    skewed: [
      403,
      "RequestTimeTooSkewed",
      "The difference between the request time and the current time is too large.",
    ],
  },
};
