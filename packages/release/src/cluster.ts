import { groupOf, policyFor, type Statement } from "@playbook/access";
import type { Context } from "@playbook/action";
import { type Connection, type Entrance, enter } from "@playbook/kube";

export type Way = Entrance & { mode: string };

/** What an action may do, and by what name, as its access.yml has it. */
export type Rights = { system: string; statements: readonly Statement[] };

/**
 * The way into the cluster: EKS with the job's token and the statements of the action's access.yml,
 * or what a kubeconfig describes.
 */
export function connect(
  inputs: Way,
  { system, statements }: Rights,
  context: Context,
): Promise<Connection> {
  const { mode, cluster, role } = inputs;
  const session = async (region: string) => {
    const { openSession } = await import("@playbook/aws");
    const policy = policyFor(statements, role, { region, cluster });
    return openSession({ role, region, policy, name: "playbook-axon", context });
  };
  const group = groupOf(mode === "plan" ? `${system}-plan` : system);
  return enter(inputs, { session, group }, context);
}
