import {
  type DisruptionBudget,
  disruptionBudgets,
  isConflict,
  type KubeClient,
} from "@playbook/kube";

/** What the budget allowed before it was shut, for whoever restores it. */
const BEFORE = "playbook/budget-before";

const TRIES = 20;

type Allowance = Pick<DisruptionBudget["spec"], "minAvailable" | "maxUnavailable">;

type Change = {
  readonly before: string | null;
  readonly spec: Readonly<Record<keyof Allowance, number | string | null>>;
};

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
  for (const budget of budgets) await change(kube, budget, shutting);
}

/** Allows again what was allowed before. */
export async function restore(
  kube: KubeClient,
  budgets: readonly DisruptionBudget[],
): Promise<void> {
  for (const budget of budgets) await change(kube, budget, restoring);
}

function shutting({ metadata, spec }: DisruptionBudget): Change | null {
  if (spec.maxUnavailable === 0) return null;
  const { minAvailable, maxUnavailable } = spec;
  const before = metadata.annotations?.[BEFORE] ?? JSON.stringify({ minAvailable, maxUnavailable });
  return { before, spec: { maxUnavailable: 0, minAvailable: null } };
}

function restoring({ metadata }: DisruptionBudget): Change | null {
  const before = metadata.annotations?.[BEFORE];
  if (before === undefined) return null;
  const { minAvailable = null, maxUnavailable = null } = JSON.parse(before) as Allowance;
  return { before: null, spec: { minAvailable, maxUnavailable } };
}

/**
 * Over the version that was looked at: whoever changed it since is not overwritten. The API
 * server's own controller writes into it whenever a pod comes or goes, so that it is looked at
 * again then.
 */
async function change(
  kube: KubeClient,
  budget: DisruptionBudget,
  changeOf: (budget: DisruptionBudget) => Change | null,
): Promise<void> {
  const { name, namespace } = budget.metadata;
  const ref = { resource: disruptionBudgets, name, namespace };
  let now = budget;
  for (let tries = 1; ; tries++) {
    const wanted = changeOf(now);
    if (!wanted) return;
    const { resourceVersion } = now.metadata;
    const metadata = { resourceVersion, annotations: { [BEFORE]: wanted.before } };
    try {
      await kube.merge(ref, { metadata, spec: wanted.spec });
      return;
    } catch (error) {
      if (!isConflict(error) || tries === TRIES) throw error;
      now = await kube.get(ref);
    }
  }
}
