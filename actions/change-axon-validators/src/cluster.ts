import { sessionPolicy, statementsFor } from "@playbook/access";
import { ActionError, type Context } from "@playbook/action";
import { type Connection, connectByFile, connectEks, defaultPath } from "@playbook/kube";
import { statements } from "./access.ts";

export type Way = {
  cluster?: string | undefined;
  region?: string | undefined;
  role?: string | undefined;
  kubeconfig?: string | undefined;
  kubeContext?: string | undefined;
  env: Record<string, string | undefined>;
};

/** The way into the cluster: EKS with the job's token, or what a kubeconfig describes. */
export async function connect(inputs: Way, context: Context): Promise<Connection> {
  const { cluster, region, role, kubeconfig, kubeContext, env } = inputs;
  if (!cluster) {
    const path = kubeconfig ?? defaultPath(env);
    return connectByFile({ path, context: kubeContext, clock: context.clock, env });
  }
  if (!region) {
    throw new ActionError("bad-input", {
      what: '"region" is missing.',
      why: `Cluster "${cluster}" is looked up in a region of AWS.`,
      next: "Give the region, or a kubeconfig in the place of the cluster.",
    });
  }
  const { openSession } = await import("@playbook/aws");
  const [, partition = "aws", , , account = "*"] = role?.split(":") ?? [];
  const values = { partition, account, region, cluster };
  const policy = sessionPolicy(statementsFor(statements, values), values);
  const session = await openSession({ role, region, policy, name: "playbook-axon", context });
  return connectEks({ cluster, region, session, context });
}
