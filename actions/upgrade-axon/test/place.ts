import type { Report } from "@playbook/action";
import { contextForTests, type TestContext } from "@playbook/action/testing";
import type { Cluster } from "@playbook/world";
import { newChain } from "../../helm-rollout-axon/test/axon-chain.ts";
import { merged, type Values } from "../../helm-rollout-axon/test/chart/values.ts";
import { type Inputs, run } from "../src/run.ts";

const MINUTE = 60_000;

/** What an upgrade is told beside what every release is. */
export const upgradeDefaults = {
  upgrade: "rollout",
  mode: "apply",
  noBackupBecause: "a chain of a test",
  backupAge: MINUTE,
  features: ["Andromeda"],
  prepareTime: 3 * MINUTE,
  margin: 10_000,
  whenLate: "call-off",
  firstBlock: MINUTE,
} satisfies Partial<Inputs>;

export type Upgraded = { report: Report; said: string[]; warnings: string[] };

/** A chain of the world that makes blocks, without any fork, and upgrades of it. */
export async function forkless(
  cluster: Cluster,
  namespace: string,
  { count = 5, values = {} }: { count?: number; values?: Values } = {},
) {
  const none = { chain: { genesis: { hardforks: ["None"] } } };
  const chain = await newChain(cluster, namespace, { count, values: merged(none, values) });
  const inputs = async (more: Values, changes: Partial<Inputs>): Promise<Inputs> => ({
    ...(await chain.inputs(more)),
    ...upgradeDefaults,
    ...changes,
  });
  return {
    ...chain,
    upgrade: async (
      changes: Partial<Inputs>,
      context: TestContext = contextForTests(),
      more: Values = {},
    ): Promise<Upgraded> => {
      const report = await run(await inputs(more, changes), context);
      return { report, said: context.said, warnings: context.warnings };
    },
    upgradeInputs: inputs,
  };
}

export type Forkless = Awaited<ReturnType<typeof forkless>>;
