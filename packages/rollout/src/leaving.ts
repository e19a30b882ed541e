import { ActionError, type Context, reason } from "@playbook/action";
import type { KubeClient } from "@playbook/kube";
import { restore } from "./budget.ts";
import type { Observer } from "./observe.ts";
import { partingClient } from "./parting.ts";
import type { Entry, RolloutRecord } from "./record.ts";

export type Leaving = {
  kube: KubeClient;
  observer: Pick<Observer, "scene">;
  record: Pick<RolloutRecord, "leave">;
  context: Context;
};

/**
 * Ends a run before its rollout is at its end: the next one need not find out whether it is alive.
 * What belongs to another run by now is that run's to restore.
 */
export async function leave(parts: Leaving, entry: Entry, error: unknown): Promise<void> {
  if (error instanceof ActionError && error.code === "rollout-taken-over") return;
  const { record, context } = parts;
  await record.leave(entry);
  await restoreBudgets(parts).catch((fault) => {
    context.warn(`Evictions are still shut, until the next run: ${reason(fault)}`);
  });
}

/** What others may evict is as before, whatever became of the rollout. */
export async function restoreBudgets(
  parts: Pick<Leaving, "kube" | "observer" | "context">,
): Promise<void> {
  const kube = partingClient(parts.kube, parts.context);
  const { budgets } = await parts.observer.scene(kube);
  await restore(kube, budgets);
}
