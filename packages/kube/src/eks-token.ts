import { Sha256 } from "@aws-crypto/sha256-js";
import { amazonHost, type Identity } from "@playbook/aws";
import { SignatureV4 } from "@smithy/signature-v4";

/** What EKS wants to see in the request. The token itself is good for 15 minutes from its date. */
const EXPIRES_SECONDS = 60;

const PREFIX = "k8s-aws-v1.";

/**
 * A token for a cluster of EKS: a request for the caller's identity, signed for that cluster alone,
 * which EKS sends to STS. Made in this process; nothing is asked.
 */
export async function eksToken(
  cluster: string,
  { region, identity, now }: { region: string; identity: Identity; now: Date },
): Promise<string> {
  const { accessKeyId, secretAccessKey, sessionToken } = identity;
  const signer = new SignatureV4({
    service: "sts",
    region,
    sha256: Sha256,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
  });
  // EKS takes no other host than Amazon's own of a region.
  const hostname = amazonHost("sts", region);
  const request = {
    method: "GET",
    protocol: "https:",
    hostname,
    path: "/",
    query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
    headers: { host: hostname, "x-k8s-aws-id": cluster },
  };
  const { query = {} } = await signer.presign(request, {
    signingDate: now,
    expiresIn: EXPIRES_SECONDS,
    unhoistableHeaders: new Set(["x-k8s-aws-id"]),
  });
  const parts = Object.entries(query).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
  );
  return PREFIX + Buffer.from(`https://${hostname}/?${parts.join("&")}`).toString("base64url");
}
