import { groupOf, type Statement, sessionPolicy, statementsFor } from "@playbook/access";
import { ActionError, type Context } from "@playbook/action";
import { type Connection, connectByFile, connectEks, defaultPath } from "@playbook/kube";

/** As access.yml has it. */
const SYSTEM = "axon";

export type Way = {
  mode: string;
  cluster?: string | undefined;
  region?: string | undefined;
  role?: string | undefined;
  kubeconfig?: string | undefined;
  kubeContext?: string | undefined;
  env: Record<string, string | undefined>;
};

/**
 * The way into the cluster: EKS with the job's token and the statements of the action's access.yml,
 * or what a kubeconfig describes.
 */
export async function connect(
  inputs: Way,
  statements: readonly Statement[],
  context: Context,
): Promise<Connection> {
  const { mode, cluster, region, role, kubeconfig, kubeContext, env } = inputs;
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
  const policy = policyOf({ role, region, cluster }, statements);
  const session = await openSession({ role, region, policy, name: "playbook-axon", context });
  const group = groupOf(mode === "plan" ? `${SYSTEM}-plan` : SYSTEM);
  return connectEks({ cluster, region, session, context, entry: { role, group } });
}

/** The statements of access.yml for this cluster. */
function policyOf(
  { role, region, cluster }: { role?: string; region: string; cluster: string },
  statements: readonly Statement[],
) {
  const [, partition = "aws", , , account = "*"] = role?.split(":") ?? [];
  const values = { partition, account, region, cluster };
  return sessionPolicy(statementsFor(statements, values), values);
}
