import type { Cluster, EKSClient } from "@aws-sdk/client-eks";
import { ActionError, type Clock, type Context } from "@playbook/action";
import {
  clientSettings,
  codeOf,
  explain,
  type Identity,
  insist,
  type Session,
} from "@playbook/aws";
import type { Connection, Credential } from "./connection.ts";
import { eksToken } from "./eks-token.ts";

export type EksInputs = {
  cluster: string;
  region: string;
  session: Session;
  context: Context;
  /** Who comes in, for the words to somebody whom the cluster does not know. */
  entry?: { role: string | undefined; group: string };
};

/**
 * The way into a cluster of EKS with a session of AWS. Tokens are made in this process.
 *
 * Throws `no-cluster`, and what every call of AWS may throw.
 */
export async function connectEks(inputs: EksInputs): Promise<Connection> {
  const { cluster, region, session, context } = inputs;
  const { endpoint, certificateAuthority, arn } = await describe(inputs);
  const ca = certificateAuthority?.data;
  if (!endpoint || !ca) throw notThere(inputs, "It has no address yet: it is being made.");
  return {
    cluster,
    server: endpoint.replace(/\/$/, ""),
    ca: Buffer.from(ca, "base64").toString(),
    unknownRemedy: remedyOf(arn ?? cluster, inputs),
    ...mint(cluster, { region, session, clock: context.clock, mask: context.mask }),
  };
}

/** The line that lets somebody in. */
function remedyOf(arn: string, { cluster, region, entry }: EksInputs): string {
  const { role = "ROLE", group = "GROUP" } = entry ?? {};
  return (
    `Give the role an access entry of ${arn} with the Kubernetes group of the RBAC manifest: ` +
    `\`aws eks create-access-entry --cluster-name ${cluster} --region ${region} ` +
    `--principal-arn ${role} --kubernetes-groups ${group}\`.`
  );
}

/** A token is used for so long of its 15 minutes that who read it a minute ago can still use it. */
const USE_MS = 10 * 60_000;

type Mint = { region: string; session: Session; clock: Clock; mask: Context["mask"] };

/** One token at a time, and a new one with the session's new credentials: the old ones end. */
export function mint(
  cluster: string,
  { region, session, clock, mask }: Mint,
): Pick<Connection, "credential" | "renew"> {
  let made: { credential: Credential; by: Identity; until: number } | undefined;
  return {
    credential: async () => {
      const identity = await session.credentials();
      const now = clock.now();
      if (made && made.by.accessKeyId === identity.accessKeyId && now < made.until)
        return made.credential;

      const token = await eksToken(cluster, { region, identity, now: new Date(now) });
      mask(token);
      made = { credential: { token }, by: identity, until: now + USE_MS };
      return made.credential;
    },
    renew: ({ token }) => {
      if (!made || made.credential.token !== token) return;
      // Nobody says which has ended, the token or the session that it speaks for.
      session.renew(made.by);
      made = undefined;
    },
  };
}

async function describe(inputs: EksInputs): Promise<Cluster> {
  const { cluster, region, session, context } = inputs;
  const { DescribeClusterCommand, EKSClient } = await import("@aws-sdk/client-eks");
  const settings = clientSettings({ service: "eks", region, maxAttempts: 1 });
  const eks: EKSClient = new EKSClient({ ...settings, credentials: session.credentials });
  try {
    const command = new DescribeClusterCommand({ name: cluster });
    const answer = await insist(() => eks.send(command, { abortSignal: context.signal }), {
      session,
      context,
    });
    return answer.cluster ?? {};
  } catch (error) {
    if (codeOf(error) === "ResourceNotFoundException") throw notThere(inputs, undefined, error);
    throw explain(error, "eks:DescribeCluster", `cluster ${cluster} in ${region}`);
  }
}

function notThere({ cluster, region }: EksInputs, why?: string, cause?: unknown): ActionError {
  return new ActionError(
    "no-cluster",
    {
      what: `There is no EKS cluster "${cluster}" in ${region} to work on.`,
      why: why ?? "AWS knows none of this name in this account and region.",
      next: "Correct `cluster` and `region`, or wait until it is active.",
    },
    { cause },
  );
}
