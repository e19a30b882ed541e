import { groupOf, policyFor } from "@playbook/access";
import type { Context } from "@playbook/action";
import { openSession, type Session } from "@playbook/aws";
import { type Connection, type Entrance, enter } from "@playbook/kube";
import { s3Location } from "@playbook/state/s3-location";
import { statements } from "./access.ts";

export type CloudInputs = Entrance & { mode: string; state?: string | undefined };

/** As access.yml has it. */
const SYSTEM = "agents";

/** Where a session begins that no cluster of EKS gives a region to; keys have their own. */
const ANYWHERE = "us-east-1";

/** The way into the cluster, and into the account that has the keys. */
export type Cloud = { connection: Connection; session: () => Promise<Session> };

/** EKS with the job's token, or what a kubeconfig describes. Throws `bad-input`. */
export async function openCloud(inputs: CloudInputs, context: Context): Promise<Cloud> {
  let opened: Promise<Session> | undefined;
  const session = () => {
    opened ??= sessionOf(inputs, context);
    return opened;
  };
  const group = groupOf(inputs.mode === "plan" ? `${SYSTEM}-plan` : SYSTEM);
  return { connection: await enter(inputs, { session, group }, context), session };
}

function sessionOf(
  { role, region = ANYWHERE, cluster, state }: CloudInputs,
  context: Context,
): Promise<Session> {
  const reading = statements.filter(({ actions }) => !actions.includes("s3:PutObject"));
  const ledgers = state === undefined ? undefined : s3Location(state, "s3://acme-state/contracts");
  const policy = policyFor(reading, role, { region, cluster, ...ledgers });
  return openSession({ role, region, policy, name: "playbook-agents", context });
}
