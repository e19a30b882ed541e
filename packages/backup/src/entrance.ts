import {
  type PolicyDocument,
  type Statement,
  sessionPolicy,
  statementsFor,
} from "@playbook/access";
import { ActionError, type Context } from "@playbook/action";
import { openSession, type Session } from "@playbook/aws";
import { type Connection, connectByFile, connectEks, defaultPath } from "@playbook/kube";

/** The way into a cluster and into AWS, as the inputs of an action name it. */
export type Way = {
  cluster?: string | undefined;
  region: string;
  role?: string | undefined;
  kubeconfig?: string | undefined;
  kubeContext?: string | undefined;
  env: Record<string, string | undefined>;
};

/** A session of AWS for what a run works on, by the statements of its access.yml. */
export function sessionFor(
  { region, role }: Pick<Way, "region" | "role">,
  statements: readonly Statement[],
  values: Record<string, string | undefined>,
  context: Context,
): Promise<Session> {
  const policy = policyFor({ region, role }, statements, values);
  return openSession({ role, region, policy, name: "playbook-axon", context });
}

function policyFor(
  { region, role }: Pick<Way, "region" | "role">,
  statements: readonly Statement[],
  values: Record<string, string | undefined>,
): PolicyDocument {
  const [, partition = "aws", , , account = "*"] = role?.split(":") ?? [];
  const given = Object.entries({ partition, account, region, ...values });
  const known = Object.fromEntries(
    given.flatMap(([name, value]) => (value ? [[name, value] as const] : [])),
  );
  return sessionPolicy(statementsFor(statements, known), known);
}

/** The way into the cluster: EKS with the session, or what a kubeconfig describes. */
export async function connect(way: Way, session: Session, context: Context): Promise<Connection> {
  const { cluster, region, kubeconfig, kubeContext, env } = way;
  if (cluster) return connectEks({ cluster, region, session, context });
  const path = kubeconfig ?? defaultPath(env);
  return connectByFile({ path, context: kubeContext, clock: context.clock, env });
}

/** `s3://bucket/prefix`, without a slash at its end. Throws `bad-input`. */
export function bucketIn(address: string): { bucket: string; prefix: string } {
  const [, bucket, prefix] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]+)\/([\w.-]+(?:\/[\w.-]+)*)$/.exec(address) ?? [];
  if (bucket && prefix) return { bucket, prefix };
  throw new ActionError("bad-input", {
    what: `"backups": ${address} is no place in a bucket.`,
    why: "Each chain's backups have a prefix of their own, which the pod's role is confined to.",
    next: "Write it as s3://bucket/prefix.",
  });
}
