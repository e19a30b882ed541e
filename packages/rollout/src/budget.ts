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

/** The same, as a manifest may have it. */
type AllowanceSpec = {
  minAvailable?: number | string | null | undefined;
  maxUnavailable?: number | string | null | undefined;
};

/** Whether an eviction of one of the pods would be granted. Shut is what the API server says so. */
export function evictionsBy(budgets: readonly DisruptionBudget[]): "open" | "shut" | "unguarded" {
  if (budgets.length === 0) return "unguarded";
  return budgets.every(isShut) ? "shut" : "open";
}

function isShut({ metadata, spec, status }: DisruptionBudget): boolean {
  const seen = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  return isClosed(spec) && seen && status?.disruptionsAllowed === 0;
}

/** Whether it is written so that it allows nothing, by us or by whoever made it. */
function isClosed({ minAvailable, maxUnavailable }: AllowanceSpec): boolean {
  return maxUnavailable === 0 || minAvailable === CLOSED.minAvailable.minAvailable;
}

/** A budget has one of two fields, and the API server takes none that has both. */
const CLOSED = {
  minAvailable: { minAvailable: "100%", maxUnavailable: null },
  maxUnavailable: { minAvailable: null, maxUnavailable: 0 },
} as const;

type Field = keyof typeof CLOSED;

function fieldOf({ minAvailable }: AllowanceSpec): Field {
  return (minAvailable ?? null) === null ? "maxUnavailable" : "minAvailable";
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

/**
 * Has budgets allow by the field by which these manifests write them, and nothing until they are
 * written: what we have written is not Helm's, which would add its field to ours.
 */
export async function align(
  kube: KubeClient,
  namespace: string,
  manifests: readonly { kind: string; metadata: { name: string }; spec?: unknown }[],
): Promise<void> {
  const written = manifests.filter(({ kind }) => kind === "PodDisruptionBudget");
  if (written.length === 0) return;
  for (const budget of await kube.list(disruptionBudgets, { namespace })) {
    const next = written.find(({ metadata }) => metadata.name === budget.metadata.name);
    if (!next) continue;
    const field = fieldOf((next.spec ?? {}) as AllowanceSpec);
    await mergeAsRead(kube, refOf(budget), budget, (now) => aligning(now, field));
  }
}

function aligning(budget: DisruptionBudget, field: Field): MergeChange | null {
  if (fieldOf(budget.spec) === field) return null;
  const { minAvailable, maxUnavailable } = allowanceOf(budget);
  return changeTo(JSON.stringify({ minAvailable, maxUnavailable }), CLOSED[field]);
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
  if (before === undefined || !isClosed(spec)) return undefined;
  return JSON.parse(before) as Allowance;
}

function shutting({ spec }: DisruptionBudget): MergeChange | null {
  if (isClosed(spec)) return null;
  const { minAvailable, maxUnavailable } = spec;
  return changeTo(JSON.stringify({ minAvailable, maxUnavailable }), CLOSED[fieldOf(spec)]);
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
