import { groupOf, sessionPolicy, statementsFor } from "@playbook/access";
import { ActionError, type Context } from "@playbook/action";
import { openSession, type Session } from "@playbook/aws";
import { type Connection, connectByFile, connectEks, defaultPath } from "@playbook/kube";
import { statements } from "./access.ts";

export type CloudInputs = {
  mode: string;
  cluster?: string | undefined;
  region?: string | undefined;
  role?: string | undefined;
  kubeconfig?: string | undefined;
  kubeContext?: string | undefined;
  env: Record<string, string | undefined>;
};

/** As access.yml has it. */
const SYSTEM = "agents";

/** Where a session begins that no cluster of EKS gives a region to; keys have their own. */
const ANYWHERE = "us-east-1";

/** The way into the cluster, and into the account that has the keys. */
export type Cloud = { connection: Connection; session: () => Promise<Session> };

/** EKS with the job's token, or what a kubeconfig describes. Throws `bad-input`. */
export async function openCloud(inputs: CloudInputs, context: Context): Promise<Cloud> {
  const { mode, cluster, region, role, kubeconfig, kubeContext, env } = inputs;
  if (!cluster) {
    const path = kubeconfig ?? defaultPath(env);
    const connection = await connectByFile({
      path,
      context: kubeContext,
      clock: context.clock,
      env,
    });
    return { connection, session: () => sessionOf(inputs, context) };
  }
  if (!region) {
    throw new ActionError("bad-input", {
      what: '"region" is missing.',
      why: `Cluster "${cluster}" is looked up in a region of AWS.`,
      next: "Give the region, or a kubeconfig in the place of the cluster.",
    });
  }
  const session = await sessionOf(inputs, context);
  const group = groupOf(mode === "plan" ? `${SYSTEM}-plan` : SYSTEM);
  const connection = await connectEks({
    cluster,
    region,
    session,
    context,
    entry: { role, group },
  });
  return { connection, session: async () => session };
}

function sessionOf(
  { role, region = ANYWHERE, cluster = "" }: CloudInputs,
  context: Context,
): Promise<Session> {
  const [, partition = "aws", , , account = "*"] = role?.split(":") ?? [];
  const values = { partition, account, region, cluster };
  const policy = sessionPolicy(statementsFor(statements, values), values);
  return openSession({ role, region, policy, name: "playbook-agents", context });
}
