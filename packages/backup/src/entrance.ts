import { policyFor, type Statement } from "@playbook/access";
import { ActionError, type Context } from "@playbook/action";
import { openSession, type Session } from "@playbook/aws";
import { type Connection, type Entrance, enter } from "@playbook/kube";

/** The way into a cluster and into AWS, as the inputs of an action name it. */
export type Way = Entrance & { region: string };

/** A session of AWS for what a run works on, by the statements of its access.yml. */
export function sessionFor(
  { region, role }: Pick<Way, "region" | "role">,
  statements: readonly Statement[],
  values: Record<string, string | undefined>,
  context: Context,
): Promise<Session> {
  const policy = policyFor(statements, role, { region, ...values });
  return openSession({ role, region, policy, name: "playbook-axon", context });
}

/** The way into the cluster: EKS with the session, or what a kubeconfig describes. */
export function connect(way: Way, session: Session, context: Context): Promise<Connection> {
  return enter(way, { session: async () => session }, context);
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
