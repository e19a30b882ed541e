import { isDeepStrictEqual } from "node:util";
import { isSelected } from "@playbook/rollout";
import { error, type Finding } from "../finding.ts";
import { type Manifest, nameOf, type StatefulSet } from "../manifest.ts";
import { contentsOf } from "../pods/mounts.ts";
import { quantity } from "../quantity.ts";
import { isHelms } from "./ownership.ts";

/**
 * Whether a set lets itself be held: without it `helm upgrade` would replace its pods at once, and
 * so would going back to the revision that is made of it.
 */
export function checkHolds(set: StatefulSet): Finding[] {
  const { updateStrategy, replicas = 1 } = set.spec;
  if (updateStrategy?.type === "OnDelete") {
    const why =
      "With OnDelete a pod that is lost comes back at the new revision, when nobody asked.";
    return [error("not-held", nameOf(set), why, "Set updateStrategy.type to RollingUpdate.")];
  }
  const partition = updateStrategy?.rollingUpdate?.partition;
  if (partition === undefined || partition >= replicas) return [];
  const why = `It is rendered with partition ${partition}: Kubernetes would replace its pods by itself.`;
  const next = `Leave the partition out, or render ${replicas}, by "hold-values" from its installation on.`;
  return [error("not-held", nameOf(set), why, next)];
}

/** The sets of Helm's last revision, and of the one that would be gone back to, if one would. */
export type Revisions = {
  last: readonly StatefulSet[];
  back: readonly StatefulSet[];
  /** Some pods may be of another revision than either. */
  isHalfWay: boolean;
};

/**
 * Whether the pods stay held while Helm brings sets to what is rendered, and from it back. Where a
 * set's template stays, no pod is to be replaced.
 */
export function checkHeldBetween(
  sets: readonly StatefulSet[],
  { last, back, isHalfWay }: Revisions,
): Finding[] {
  return sets.flatMap((set) => {
    const [before, after] = [last, back].map((all) => {
      const found = all.find(({ metadata }) => metadata.name === set.metadata.name);
      return found && (isHalfWay || !hasSameTemplate(set, found)) ? found : undefined;
    });
    if (before && isTakenAway(before, set)) {
      return [error("not-held", nameOf(set), TAKEN_AWAY, FIRST)];
    }
    const why = after && openedBy(after, set);
    return why ? [error("way-back-open", nameOf(set), why, FIRST)] : [];
  });
}

const TAKEN_AWAY =
  "Its last revision renders a partition, and this one none: Helm may take it away, and " +
  "Kubernetes would replace its pods by itself.";

const FIRST =
  'First make a revision with the "hold-values" and nothing else changed, by this action or by ' +
  "`helm upgrade --reuse-values`: it moves no pod, and can be gone back to.";

/** Why going back to a set as it was lets its pods go at once; null where it does not. */
function openedBy(back: StatefulSet, set: StatefulSet): string | null {
  if (back.spec.updateStrategy?.type === "OnDelete") {
    return "Its last revision has updateStrategy OnDelete: none could be taken back by itself.";
  }
  const partition = partitionIn(back);
  if (partition !== undefined && partition < (back.spec.replicas ?? 1)) {
    return (
      `Its last revision renders partition ${partition}: should this one be taken back, Helm would ` +
      "set that again, and Kubernetes would replace its pods by itself, whether or not they vote."
    );
  }
  return isTakenAway(set, back)
    ? "Its last revision renders no partition, and this one does: should it be taken back, Helm " +
        "may take that away, and Kubernetes would replace its pods by itself."
    : null;
}

/** Helm takes away what its last manifest had and the next one has not, whoever has set it since. */
function isTakenAway(before: StatefulSet, after: StatefulSet): boolean {
  return partitionIn(before) !== undefined && partitionIn(after) === undefined;
}

function partitionIn({ spec }: StatefulSet): number | undefined {
  return spec.updateStrategy?.rollingUpdate?.partition;
}

function hasSameTemplate(one: StatefulSet, other: StatefulSet): boolean {
  return isDeepStrictEqual(one.spec.template, other.spec.template);
}

/** Whether pods have time to end: without any the next one begins while this one may still run. */
export function checkGrace(set: StatefulSet): Finding[] {
  if (set.spec.template.spec.terminationGracePeriodSeconds !== 0) return [];
  const why =
    "Its pods have no time to end: the node is killed, and the next pod starts before anybody " +
    "knows that this one is gone, so that two may sign with one key.";
  const next = "Leave terminationGracePeriodSeconds out, or give 30 seconds and more.";
  return [error("no-grace", nameOf(set), why, next)];
}

/** What the API server will not change on a StatefulSet that is there. */
const FIXED = ["serviceName", "podManagementPolicy", "selector", "volumeClaimTemplates"] as const;

type Fixed = (typeof FIXED)[number];

/**
 * The pods of a set that is deleted around them go to the next one, which leaves them if it is as
 * that was.
 */
const ANEW =
  "make each set anew around its pods: `kubectl get statefulset NAME -o yaml > " +
  "set.yaml`, change that field in it and nothing else, `kubectl replace --force " +
  "--cascade=orphan -f set.yaml`. Then run this again.";

const MENDING: Record<Fixed, string> = {
  serviceName: "Keep the name: the pods' addresses, which peers know, hang on it.",
  podManagementPolicy: `Keep it, or ${ANEW}`,
  selector: "Keep it: a new label belongs into the template alone.",
  volumeClaimTemplates: `Grow the claims themselves (kubectl patch pvc); then ${ANEW}`,
};

/** What this release changes that Kubernetes refuses to change. */
export function checkImmutable(rendered: StatefulSet, live: StatefulSet | undefined): Finding[] {
  if (!live) return [];
  return FIXED.filter((field) => differs(field, rendered, live)).map((field) =>
    error(
      "immutable-changed",
      `${nameOf(rendered)}, spec.${field}`,
      "It cannot be changed on a set that is there: Helm's upgrade would fail in the middle.",
      field === "volumeClaimTemplates" ? claimMending(rendered, live) : MENDING[field],
    ),
  );
}

type ClaimSpec = {
  storageClassName?: string;
  resources?: { requests?: { storage?: string | number } };
};

/** What to do instead of changing the templates of claims, by what is changed of them. */
function claimMending({ spec }: StatefulSet, live: StatefulSet): string {
  const pairs = (spec.volumeClaimTemplates ?? []).flatMap((next) => {
    const last = (live.spec.volumeClaimTemplates ?? []).find(
      ({ metadata }) => metadata.name === next.metadata.name,
    );
    return last ? [[next.spec ?? {}, last.spec ?? {}] as [ClaimSpec, ClaimSpec]] : [];
  });
  const sizes = pairs.map(([next, last]) => sizeOf(next) - sizeOf(last));
  const another =
    "Where it has to be otherwise, a new validator has it: change-axon-validators " +
    "takes that in, and then the old one out.";
  if (sizes.some((more) => more < 0)) return `Keep the size: no claim shrinks. ${another}`;
  const isOther = ([next, last]: [ClaimSpec, ClaimSpec]) =>
    next.storageClassName !== undefined && next.storageClassName !== last.storageClassName;
  if (pairs.some(isOther)) return `Keep the class: a claim keeps the one that it has. ${another}`;
  if (sizes.some((more) => more > 0)) return MENDING.volumeClaimTemplates;
  return `Keep them as they are. Where only what new claims are like is to change, ${ANEW}`;
}

function sizeOf({ resources }: ClaimSpec): number {
  return quantity(resources?.requests?.storage ?? 0);
}

/** Whether a set selects its own pods: the API server takes none that does not. */
export function checkSelector(set: StatefulSet): Finding[] {
  const { selector, template } = set.spec;
  const labels = { ...template.metadata?.labels };
  if (isNothing(selector) || isSelected(selector, labels)) return [];
  const why =
    "Its selector does not match the labels of its own pods: the API server refuses it, and " +
    "Helm's upgrade would fail in the middle.";
  const next = "Give the template all labels that the selector names; the selector stays as it is.";
  return [error("selector-unmet", `${nameOf(set)}, spec.template.metadata.labels`, why, next)];
}

/** ConfigMaps that were made for good, and are rendered with something else in them. */
export function checkMaps(rendered: readonly Manifest[], live: readonly Manifest[]): Finding[] {
  const fixed = new Map(live.filter(isForGood).map((one) => [one.metadata.name, one]));
  return rendered
    .filter(({ kind }) => kind === "ConfigMap")
    .filter((one) => {
      const there = fixed.get(one.metadata.name);
      return there && (!isForGood(one) || textOf(one) !== textOf(there));
    })
    .map((one) =>
      error(
        "immutable-changed",
        nameOf(one),
        "It is there with `immutable: true`: Helm's upgrade would fail in the middle.",
        "Render it under another name, with a hash of what is in " +
          "it, and let the pods mount that one.",
      ),
    );
}

function isForGood({ immutable }: Manifest): boolean {
  return immutable === true;
}

function textOf(map: Manifest): string {
  const files = [...contentsOf(map)].map(([name, content]) => [name, content.toString("base64")]);
  return JSON.stringify(files.sort(([one = ""], [other = ""]) => (one < other ? -1 : 1)));
}

/** What the API server takes for a field that is not given. */
const DEFAULTS = {
  serviceName: "",
  podManagementPolicy: "OrderedReady",
  selector: {},
  volumeClaimTemplates: [],
};

/** What is not rendered, and was never Helm's, stays as it is. */
function differs(field: Fixed, rendered: StatefulSet, live: StatefulSet): boolean {
  const said = rendered.spec[field] ?? DEFAULTS[field];
  const there = live.spec[field] ?? DEFAULTS[field];
  const isGiven = (rendered.spec[field] ?? null) !== null;
  if (!isGiven && !isHelms(live, field)) return false;
  if (!isPart(said, there)) return true;
  return isHelms(live, field) && !isPart(withoutDefaults(there), said);
}

/** What the API server adds to a set by itself, wherever it stands in it. */
const ADDED: Record<string, unknown> = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  volumeMode: "Filesystem",
};

const OWN = ["status", "creationTimestamp"];

/** Without what the API server added, and without what says nothing. */
function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value)
    .filter(([key, item]) => !OWN.includes(key) && ADDED[key] !== item)
    .map(([key, item]) => [key, withoutDefaults(item)] as const);
  return Object.fromEntries(kept.filter(([, item]) => !isNothing(item)));
}

function isNothing(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Whether all that one says the other says, too. */
function isPart(said: unknown, whole: unknown): boolean {
  if (isNothing(said)) return Array.isArray(whole) ? whole.length === 0 : true;
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
