import { enduranceOf, type ValidatorSet } from "@playbook/bft";
import { allowanceOf, isSelected, type LabelSelector } from "@playbook/rollout";
import { error, type Finding, warning } from "../finding.ts";
import { type Manifest, nameOf, type StatefulSet } from "../manifest.ts";

type Budget = Manifest & {
  spec?: {
    selector?: LabelSelector | null;
    minAvailable?: number | string | null;
    maxUnavailable?: number | string | null;
  };
};

type Workload = Manifest & {
  spec?: { replicas?: number | null; template?: { metadata?: StatefulSet["metadata"] } };
};

const WORKLOADS = ["StatefulSet", "Deployment", "ReplicaSet"];

/**
 * Whether budgets let one of these validators' pods be evicted, and no more than the chain can
 * miss.
 * `objects` has all that is rendered, and budgets that are there beside it.
 */
export function checkBudget(
  sets: readonly StatefulSet[],
  objects: readonly Manifest[],
  voters: ValidatorSet = [],
): Finding[] {
  const budgets = objects.filter(({ kind }) => kind === "PodDisruptionBudget") as Budget[];
  const guarded = sets.map((set) => ({ set, guards: budgets.filter((it) => guards(it, set)) }));
  const guarding = budgets.filter((it) => sets.some((set) => guards(it, set)));
  const blocking = guarding.filter((it) => allowedBy(it, objects) === 0);
  const twice = guarded.filter((one) => one.guards.length > 1);
  return [
    ...unguarded(guarded.filter((one) => one.guards.length === 0).map(({ set }) => set)),
    ...twice.map(({ set, guards: both }) => overlapping(set, both)),
    ...blocking.map(closed),
    ...guarding.filter(saysBoth).map(refused),
    ...(twice.length === 0 ? checkAtOnce(guarding, sets, objects, voters) : []),
  ];
}

function unguarded(bare: readonly StatefulSet[]): Finding[] {
  if (bare.length === 0) return [];
  const why = "Nothing keeps two of them from being evicted at once, or one during the rollout.";
  return [warning("no-budget", bare.map(nameOf).join(", "), why, ONE)];
}

const ONE = "Add one PodDisruptionBudget with maxUnavailable 1 that selects all validators' pods.";

const ONE_ALONE =
  "Leave one PodDisruptionBudget, with maxUnavailable 1, that selects all validators' pods.";

function overlapping(set: StatefulSet, budgets: readonly Budget[]): Finding {
  const why =
    `${budgets.map(nameOf).join(" and ")} select its pods: Kubernetes evicts no pod that ` +
    "has two, so its node is never drained.";
  return warning("budgets-overlap", nameOf(set), why, "Leave one budget for all validators' pods.");
}

function closed(budget: Budget): Finding {
  const why = "It never lets a validator's pod be evicted: no node that has one can be drained.";
  return warning("budget-closed", nameOf(budget), why, "Set maxUnavailable to 1.");
}

function saysBoth({ spec }: Budget): boolean {
  return [spec?.minAvailable, spec?.maxUnavailable].every((one) => (one ?? null) !== null);
}

function refused(budget: Budget): Finding {
  const why =
    "It says minAvailable and maxUnavailable: the API server takes one of both, and " +
    "Helm's upgrade would fail in the middle.";
  return error("budget-refused", nameOf(budget), why, "Leave maxUnavailable: 1 alone.");
}

/** More than may fail at rest would be evicted at once. */
function checkAtOnce(
  budgets: readonly Budget[],
  sets: readonly StatefulSet[],
  objects: readonly Manifest[],
  voters: ValidatorSet,
): Finding[] {
  const all = podsOf(sets);
  const atRest = voters.length > 0 ? enduranceOf(voters).atRest : Math.floor((all - 1) / 3);
  const most = Math.max(1, atRest);
  const open = budgets
    .map((budget) => ({
      budget,
      allowed: Math.min(
        allowedBy(budget, objects) ?? 0,
        podsOf(sets.filter((set) => guards(budget, set))),
      ),
    }))
    .filter(({ allowed }) => allowed > 0);
  const together = open.reduce((sum, { allowed }) => sum + allowed, 0);
  if (together <= most) return [];
  const at = open.map(({ budget }) => nameOf(budget)).join(", ");
  const why =
    `${together} of ${all} validators' pods may be evicted at ` +
    `once, and the chain can miss ${most}.`;
  return [warning("budget-loose", at, why, ONE_ALONE)];
}

function guards({ spec }: Budget, { spec: { template } }: StatefulSet): boolean {
  return isSelected(spec?.selector, template.metadata?.labels);
}

function podsOf(sets: readonly StatefulSet[]): number {
  return sets.reduce((sum, { spec }) => sum + (spec.replicas ?? 1), 0);
}

/**
 * How many of the pods that it selects may be evicted with all there; null when it does not say.
 */
function allowedBy(budget: Budget, objects: readonly Manifest[]): number | null {
  const workloads = objects.filter(({ kind }) => WORKLOADS.includes(kind)) as Workload[];
  const all = workloads
    .filter(({ spec }) => isSelected(budget.spec?.selector, spec?.template?.metadata?.labels))
    .reduce((sum, { spec }) => sum + (spec?.replicas ?? 1), 0);
  const { minAvailable, maxUnavailable } = allowanceOf(budget);
  if (maxUnavailable !== undefined && maxUnavailable !== null) return share(maxUnavailable, all);
  if (minAvailable === undefined || minAvailable === null) return null;
  return Math.max(0, all - share(minAvailable, all));
}

/** A number, or a part of all in per cent: Kubernetes rounds both up. */
function share(amount: number | string, all: number): number {
  const [, percent] = /^(\d+)%$/.exec(`${amount}`) ?? [];
  return percent ? Math.ceil((Number(percent) * all) / 100) : Number(amount);
}
