import { isDeepStrictEqual } from "node:util";
import { error, type Finding, warning } from "../finding.ts";
import { isHook } from "../hooks.ts";
import { type Manifest, nameOf } from "../manifest.ts";
import { quantity } from "../quantity.ts";

/** A field that the API server does not let be changed, and what to do instead. */
type Fixed = {
  kind: RegExp;
  field: string;
  /** Whether a change is one that is refused; any is, without it. */
  isRefused?: (next: unknown, last: unknown) => boolean;
  next: string;
};

const KEEP = "Keep it as it is, or give what is to be otherwise another name.";

const areBoth = (next: unknown, last: unknown) => next !== undefined && last !== undefined;

const FIXED: readonly Fixed[] = [
  {
    ...{ kind: /^(?:Deployment|DaemonSet|ReplicaSet)$/, field: "spec.selector" },
    next: "Keep it: a new label belongs into the template alone.",
  },
  {
    ...{ kind: /^PersistentVolumeClaim$/, field: "spec.accessModes" },
    next: KEEP,
  },
  {
    ...{ kind: /^PersistentVolumeClaim$/, field: "spec.storageClassName", isRefused: areBoth },
    next: KEEP,
  },
  {
    ...{ kind: /^PersistentVolumeClaim$/, field: "spec.resources.requests.storage" },
    isRefused: (next, last) => quantity(`${next ?? 0}`) < quantity(`${last ?? 0}`),
    next: "Keep the size: no claim shrinks.",
  },
  {
    ...{ kind: /^Service$/, field: "spec.clusterIP" },
    isRefused: (next, last) => next === "None" || last === "None" || areBoth(next, last),
    next: KEEP,
  },
  ...["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"].map((field) => ({
    ...{ kind: /^StorageClass$/, field, next: KEEP },
  })),
  { kind: /^PriorityClass$/, field: "value", next: KEEP },
  { kind: /^(?:Cluster)?RoleBinding$/, field: "roleRef", next: KEEP },
];

/** What the API server takes for what is not said. */
const DEFAULTS: Record<string, unknown> = {
  reclaimPolicy: "Delete",
  volumeBindingMode: "Immediate",
  value: 0,
};

/**
 * What this release changes of objects beside the validators' sets, as Helm's record has them, and
 * Kubernetes does not let be changed.
 */
export function checkFixed(rendered: readonly Manifest[], current: readonly Manifest[]): Finding[] {
  const last = new Map(current.filter((one) => !isHook(one)).map((one) => [keyOf(one), one]));
  return rendered
    .filter((one) => !isHook(one))
    .flatMap((one) => {
      const before = last.get(keyOf(one));
      return before
        ? [...checkFields(one, before), ...checkJob(one, before), ...checkSecret(one, before)]
        : [];
    });
}

function keyOf({ kind, metadata }: Manifest): string {
  return [kind, metadata.namespace ?? "", metadata.name].join("/");
}

const REFUSED = "It cannot be changed on what is there: Helm's upgrade would fail in the middle.";

function checkFields(one: Manifest, before: Manifest): Finding[] {
  return FIXED.filter(({ kind }) => kind.test(one.kind)).flatMap(({ field, isRefused, next }) => {
    const [now, then] = [valueAt(one, field), valueAt(before, field)];
    if (isDeepStrictEqual(now, then) || isRefused?.(now, then) === false) return [];
    return [error("immutable-changed", `${nameOf(one)}, ${field}`, REFUSED, next)];
  });
}

function valueAt(object: Manifest, field: string): unknown {
  const found = field
    .split(".")
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
  return found ?? DEFAULTS[field];
}

/** Whether it is still there is not known: its own time to live may have taken it away. */
function checkJob(one: Manifest, before: Manifest): Finding[] {
  const field = "spec.template";
  if (one.kind !== "Job" || isDeepStrictEqual(valueAt(one, field), valueAt(before, field)))
    return [];
  const why =
    "It cannot be changed on a Job that is there, done or not: while it " +
    "is, Helm's upgrade fails in the middle.";
  const next = "Make the Job a hook, or put a hash of what it runs into its name.";
  return [warning("immutable-changed", `${nameOf(one)}, ${field}`, why, next)];
}

function checkSecret(one: Manifest, before: Manifest): Finding[] {
  const contentOf = ({ data, stringData, immutable }: Manifest) => ({
    data,
    stringData,
    immutable,
  });
  if (one.kind !== "Secret" || before.immutable !== true) return [];
  if (isDeepStrictEqual(contentOf(one), contentOf(before))) return [];
  const why = "It is there with `immutable: true`: Helm's upgrade would fail in the middle.";
  return [error("immutable-changed", nameOf(one), why, "Render it under another name.")];
}
