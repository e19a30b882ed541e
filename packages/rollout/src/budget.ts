import {
  type DisruptionBudget,
  disruptionBudgets,
  type KubeClient,
  type MergeChange,
  mergeAsRead,
} from "@playbook/kube";

/** What the budget allowed before it was shut, for whoever restores it. */
const BEFORE = "playbook/budget-before";

type Allowance = Pick<DisruptionBudget["spec"], "minAvailable" | "maxUnavailable">;

/** Whether an eviction of one of the pods would be granted. Shut is what the API server says so. */
export function evictionsBy(budgets: readonly DisruptionBudget[]): "open" | "shut" | "unguarded" {
  if (budgets.length === 0) return "unguarded";
  return budgets.every(isShut) ? "shut" : "open";
}

function isShut({ metadata, spec, status }: DisruptionBudget): boolean {
  const seen = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  return spec.maxUnavailable === 0 && seen && status?.disruptionsAllowed === 0;
}

/** Lets no pod be evicted any more; what was allowed is kept beside it. */
export async function shut(kube: KubeClient, budgets: readonly DisruptionBudget[]): Promise<void> {
  for (const budget of budgets) await mergeAsRead(kube, refOf(budget), budget, shutting);
}

/** Allows again what was allowed before. */
export async function restore(
  kube: KubeClient,
  budgets: readonly DisruptionBudget[],
): Promise<void> {
  for (const budget of budgets) await mergeAsRead(kube, refOf(budget), budget, restoring);
}

type Allowing = {
  metadata: { annotations?: Record<string, string> };
  spec?: { minAvailable?: number | string | null; maxUnavailable?: number | string | null };
};

/** What a budget allows, also while it is shut. */
export function allowanceOf({ metadata, spec = {} }: Allowing): NonNullable<Allowing["spec"]> {
  return beforeOf({ metadata, spec }) ?? spec;
}

/** One that is open was written since it was shut, by somebody who knew what it is to allow. */
function beforeOf({ metadata, spec = {} }: Allowing): Allowance | undefined {
  const before = metadata.annotations?.[BEFORE];
  if (before === undefined || spec.maxUnavailable !== 0) return undefined;
  return JSON.parse(before) as Allowance;
}

function shutting({ spec }: DisruptionBudget): MergeChange | null {
  if (spec.maxUnavailable === 0) return null;
  const { minAvailable, maxUnavailable } = spec;
  const before = JSON.stringify({ minAvailable, maxUnavailable });
  return changeTo(before, { maxUnavailable: 0, minAvailable: null });
}

function restoring(budget: DisruptionBudget): MergeChange | null {
  if (budget.metadata.annotations?.[BEFORE] === undefined) return null;
  const before = beforeOf(budget);
  if (!before) return { metadata: { annotations: { [BEFORE]: null } } };
  const { minAvailable = null, maxUnavailable = null } = before;
  return changeTo(null, { minAvailable, maxUnavailable });
}

function changeTo(before: string | null, spec: object): MergeChange {
  return { metadata: { annotations: { [BEFORE]: before } }, spec };
}

function refOf({ metadata: { name, namespace } }: DisruptionBudget) {
  return { resource: disruptionBudgets, name, namespace };
}
