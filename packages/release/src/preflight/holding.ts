import { selects } from "@playbook/rollout";
import { error, type Finding, warning } from "./finding.ts";
import { type Manifest, nameOf, type StatefulSet } from "./manifest.ts";
import { quantity } from "./quantity.ts";

/** Whether a set lets itself be held: without it `helm upgrade` would replace its pods at once. */
export function checkHolds(set: StatefulSet, held: boolean): Finding[] {
  const { updateStrategy, replicas = 1 } = set.spec;
  if (updateStrategy?.type === "OnDelete") {
    const why =
      "With OnDelete a pod that is lost comes back at the new revision, when nobody asked.";
    return [error("not-held", nameOf(set), why, "Set updateStrategy.type to RollingUpdate.")];
  }
  const partition = updateStrategy?.rollingUpdate?.partition;
  if (!held || partition === undefined || partition >= replicas) return [];
  const why = `It is rendered with partition ${partition}: Kubernetes would replace its pods by itself.`;
  const next = `Leave the partition out, or render ${replicas}, by "hold-values" while it is rolled out.`;
  return [error("not-held", nameOf(set), why, next)];
}

/** Whether a budget guards these validators' pods from evictions. */
export function checkBudget(
  sets: readonly StatefulSet[],
  manifests: readonly Manifest[],
): Finding[] {
  const budgets = manifests.filter(({ kind }) => kind === "PodDisruptionBudget");
  const bare = sets.filter(({ spec }) => !budgets.some((it) => guards(it, spec.template.metadata)));
  if (bare.length === 0) return [];
  const why = "Nothing keeps two of them from being evicted at once, or one during the rollout.";
  const next = "Add a PodDisruptionBudget with maxUnavailable 1 that selects all validators' pods.";
  return [warning("no-budget", bare.map(nameOf).join(", "), why, next)];
}

function guards({ spec }: Manifest, template: { labels?: Record<string, string> } | undefined) {
  const { selector } = (spec ?? {}) as { selector?: { matchLabels?: Record<string, string> } };
  return selects(selector?.matchLabels, template?.labels);
}

/** What the API server will not change on a StatefulSet that is there. */
const FIXED = ["serviceName", "podManagementPolicy", "selector", "volumeClaimTemplates"] as const;

const MENDING: Record<(typeof FIXED)[number], string> = {
  serviceName: "Keep the name: the pods' addresses, which peers know, hang on it.",
  podManagementPolicy: "Keep it, or delete the set with --cascade=orphan just before the rollout.",
  selector: "Keep it: a new label belongs into the template alone.",
  volumeClaimTemplates: "Grow the claims themselves; then delete the set with --cascade=orphan.",
};

/** What this release changes that Kubernetes refuses to change. */
export function checkImmutable(rendered: StatefulSet, live: StatefulSet | undefined): Finding[] {
  if (!live) return [];
  return FIXED.filter((field) => differs(field, rendered, live)).map((field) =>
    error(
      "immutable-changed",
      `${nameOf(rendered)}, spec.${field}`,
      "It cannot be changed on a set that is there: Helm's upgrade would fail in the middle.",
      MENDING[field],
    ),
  );
}

/** The API server adds defaults to what it is given: what the chart says has to be the same. */
function differs(field: (typeof FIXED)[number], rendered: StatefulSet, live: StatefulSet): boolean {
  const said = rendered.spec[field];
  if (said === undefined) return false;
  return !isPart(said, live.spec[field]);
}

/** Whether all that one says the other says, too. */
function isPart(said: unknown, whole: unknown): boolean {
  if (Array.isArray(said)) {
    if (!Array.isArray(whole) || said.length !== whole.length) return false;
    return said.every((item, index) => isPart(item, whole[index]));
  }
  if (typeof said !== "object" || said === null) return isSame(said, whole);
  if (typeof whole !== "object" || whole === null) return false;
  return Object.entries(said).every(([key, value]) =>
    isPart(value, (whole as Record<string, unknown>)[key]),
  );
}

/** The API server writes quantities in its own way: 1024Mi becomes 1Gi. */
function isSame(said: unknown, whole: unknown): boolean {
  return said === whole || quantity(`${said}`) === quantity(`${whole}`);
}
