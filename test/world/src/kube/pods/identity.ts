import type { KubeApi } from "../api.ts";
import type { KubeObject } from "../object.ts";

const VOLUME = "aws-iam-token";
const FOLDER = "/var/run/secrets/eks.amazonaws.com/serviceaccount";

/** What EKS's webhook adds to a pod whose service account has a role. */
export type Identity = { env: Record<string, string>; volume: object; mount: object };

/** undefined for a pod without a role of its own. */
export async function identityOf(
  api: KubeApi,
  { metadata, spec }: KubeObject,
): Promise<Identity | undefined> {
  const accounts = `/api/v1/namespaces/${metadata.namespace}/serviceaccounts`;
  const account = await api.find(`${accounts}/${spec.serviceAccountName}`);
  const role = account?.metadata.annotations?.["eks.amazonaws.com/role-arn"];
  if (!role) return undefined;
  const token = { audience: "sts.amazonaws.com", path: "token", expirationSeconds: 86_400 };
  return {
    env: { AWS_ROLE_ARN: role, AWS_WEB_IDENTITY_TOKEN_FILE: `${FOLDER}/token` },
    volume: { name: VOLUME, projected: { sources: [{ serviceAccountToken: token }] } },
    mount: { name: VOLUME, mountPath: FOLDER, readOnly: true },
  };
}
