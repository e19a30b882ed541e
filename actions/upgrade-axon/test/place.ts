import { readFile } from "node:fs/promises";
import type { Rule } from "@playbook/access";
import { access } from "@playbook/access/format";
import type { Report } from "@playbook/action";
import { contextForTests, type TestContext } from "@playbook/action/testing";
import type { Cluster, Pods } from "@playbook/world";
import { parse } from "yaml";
import { merged, type Values } from "../../../test/charts.ts";
import { type AxonChain, newChain } from "../../helm-rollout-axon/test/axon-chain.ts";
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

/** What an action may do in a cluster, as its access.yml says. */
export async function rulesOf(action: string): Promise<readonly Rule[]> {
  const file = await readFile(new URL(`../../${action}/access.yml`, import.meta.url), "utf8");
  return access.parse(parse(file)).kubernetes;
}

/**
 * Values of a chain that has not forked yet; how many blocks away a fork is goes by its interval.
 */
export const FORKLESS = {
  chain: { genesis: { hardforks: ["None"] }, consensus: { interval: 500 } },
};

export type Upgraded = { report: Report; said: string[]; warnings: string[] };

/** A chain of the world that makes blocks, without any fork, and upgrades of it. */
export async function forkless(
  cluster: Cluster,
  namespace: string,
  { count = 5, values = {} }: { count?: number; values?: Values } = {},
) {
  const chain = await newChain(cluster, namespace, { count, values: merged(FORKLESS, values) });
  return { ...chain, ...upgradesOf(chain) };
}

/** Upgrades of a chain that is there. */
export function upgradesOf(chain: AxonChain) {
  const inputs = async (more: Values, changes: Partial<Inputs>): Promise<Inputs> => ({
    ...(await chain.inputs(more)),
    ...upgradeDefaults,
    ...changes,
  });
  return {
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

/** What a node answers, asked past the cluster. */
export async function askNode(
  pods: Pods,
  pod: string,
  method: string,
  params: unknown[] = [],
): Promise<unknown> {
  const response = await fetch(`http://${pods.addressOf(pod)}:8000`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return ((await response.json()) as { result: unknown }).result;
}

/** The blocks that runs said a fork was to be at. */
export function forkHeights(said: readonly string[]): string[] {
  return said.flatMap((line) => /fork is to be at block (\d+)/.exec(line)?.[1] ?? []);
}

/** Whether a run says that all that is left is to wait for the fork's block. */
export const isWaiting = (line: string): boolean => /, the fork is at \d+/.test(line);

/**
 * A context in which a chain hurries to its fork's block once all that is left is to wait for it.
 */
export function hurried(pods: Pods, namespace: string, context = contextForTests()): TestContext {
  const say = context.progress;
  const progress = (line: string) => {
    say(line);
    if (isWaiting(line)) void pods.hurry(namespace);
  };
  return Object.assign(context, { progress });
}

export type Forkless = Awaited<ReturnType<typeof forkless>>;
