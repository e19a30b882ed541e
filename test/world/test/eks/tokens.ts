import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import type { Credentials } from "../../src/aws/keyring.ts";

/** A token of EKS for a presigned URL. */
export function tokenOf(url: string): string {
  return `k8s-aws-v1.${Buffer.from(url).toString("base64url")}`;
}

type Signing = { cluster: string; region?: string; at?: Date; seconds?: number };

/** A token as `aws eks get-token` makes it. */
export async function signToken(
  credentials: Credentials,
  { cluster, region = "us-east-1", at = new Date(), seconds = 60 }: Signing,
): Promise<string> {
  const hostname = `sts.${region}.amazonaws.com`;
  const signer = new SignatureV4({ credentials, region, service: "sts", sha256: Sha256 });
  const request = {
    method: "GET",
    protocol: "https:",
    hostname,
    path: "/",
    query: { Action: "GetCallerIdentity", Version: "2011-06-15" },
    headers: { host: hostname, "x-k8s-aws-id": cluster },
  };
  const { query = {} } = await signer.presign(request, {
    signingDate: at,
    expiresIn: seconds,
    unhoistableHeaders: new Set(["x-k8s-aws-id"]),
  });
  return tokenOf(`https://${hostname}/?${new URLSearchParams(query as Record<string, string>)}`);
}
