import { type DisruptionBudget, disruptionBudgets, type KubeClient } from "@playbook/kube";

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
  for (const budget of budgets.filter(({ spec }) => spec.maxUnavailable !== 0)) {
    const before = budget.metadata.annotations?.[BEFORE] ?? JSON.stringify(allowanceOf(budget));
    await change(kube, budget, { maxUnavailable: 0, minAvailable: null }, before);
  }
}

/** Allows again what was allowed before. */
export async function restore(
  kube: KubeClient,
  budgets: readonly DisruptionBudget[],
): Promise<void> {
  for (const budget of budgets) {
    const before = budget.metadata.annotations?.[BEFORE];
    if (before === undefined) continue;
    const { minAvailable = null, maxUnavailable = null } = JSON.parse(before) as Allowance;
    await change(kube, budget, { minAvailable, maxUnavailable }, null);
  }
}

function allowanceOf({ spec }: DisruptionBudget): Allowance {
  const { minAvailable, maxUnavailable } = spec;
  return { minAvailable, maxUnavailable };
}

/** Over the version that was looked at: whoever changed it since is not overwritten. */
async function change(
  kube: KubeClient,
  { metadata }: DisruptionBudget,
  spec: Record<keyof Allowance, number | string | null>,
  before: string | null,
): Promise<void> {
  const { name, namespace, resourceVersion } = metadata;
  const ref = { resource: disruptionBudgets, name, namespace };
  await kube.merge(ref, { metadata: { resourceVersion, annotations: { [BEFORE]: before } }, spec });
}
