import { dirname, join } from "node:path";
import type { Cluster } from "@playbook/world";
import { tool } from "../../../scripts/tools.ts";
import type { Inputs } from "../src/run.ts";

const MINUTE = 60_000;

/** Inputs of the action on a cluster of the world, but for what a test changes. */
export async function inputsFor(
  cluster: Cluster,
  changes: Partial<Inputs> & Pick<Inputs, "namespace">,
): Promise<Inputs> {
  const { PATH = "/usr/bin:/bin" } = process.env;
  return {
    mode: "apply",
    kubeconfig: await cluster.kubeconfig({ name: "ada", groups: ["system:masters"] }),
    release: "axon",
    values: [],
    set: {},
    helm: join(dirname(await tool("kubectl")), "helm"),
    publicKeys: new Map(),
    rpcPort: 8000,
    minValidators: 5,
    patience: MINUTE,
    validatorTimeout: 2 * MINUTE,
    deadline: 10 * MINUTE,
    env: { PATH },
    run: "test",
    ...changes,
  };
}
