import { ActionError, type Context } from "@playbook/action";
import type { Session } from "@playbook/aws";
import type { Connection } from "./connection.ts";
import { connectEks } from "./eks.ts";
import { connectByFile, defaultPath } from "./kubeconfig.ts";

/** The way into a cluster, as the inputs of an action name it. */
export type Entrance = {
  cluster?: string | undefined;
  region?: string | undefined;
  role?: string | undefined;
  kubeconfig?: string | undefined;
  kubeContext?: string | undefined;
  env: Record<string, string | undefined>;
};

/** Who comes in by EKS. */
export type Visitor = {
  session: (region: string) => Promise<Session>;
  /**
   * The Kubernetes group of who comes in, for the words to somebody whom the cluster does not know.
   */
  group?: string;
};

/**
 * EKS with a session of AWS, or what a kubeconfig describes. Throws `bad-input` for a cluster
 * without a region, and what either way in may throw.
 */
export async function enter(
  way: Entrance,
  { session, group }: Visitor,
  context: Context,
): Promise<Connection> {
  const { cluster, region, role, kubeconfig, kubeContext, env } = way;
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
  const entry = group === undefined ? {} : { entry: { role, group } };
  return connectEks({ cluster, region, session: await session(region), context, ...entry });
}
