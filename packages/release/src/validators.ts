import { PUBLIC_KEY, podNameOf, selects } from "@playbook/rollout";

type Labels = Record<string, string>;

/** A set as a chart renders it, or as it is there, as far as it says what it runs. */
type Marked = {
  metadata: { name: string; labels?: Labels; annotations?: Labels };
  spec: {
    replicas?: number;
    ordinals?: { start?: number };
    template: { metadata?: { labels?: Labels; annotations?: Labels } };
  };
};

type Inputs = {
  validators?: string | undefined;
  release: string;
  publicKeys: ReadonlyMap<string, string>;
};

/**
 * Which sets run validators: as the input says it by labels or names, or by the keys of their pods.
 */
export type Choice = {
  text: string;
  labels: Labels;
  names: readonly string[];
  /** By labels or names alone. */
  isChosen: (set: Marked) => boolean;
  isValidator: (set: Marked) => boolean;
};

/** Labels of pods count where no set that is rendered has them: hand-made sets have none. */
export function choiceOf(
  { validators, release, publicKeys }: Inputs,
  rendered: readonly Marked[],
): Choice {
  const own = `app.kubernetes.io/instance=${release},app.kubernetes.io/component=validator`;
  const text = validators ?? own;
  const parts = text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);
  const labels = Object.fromEntries(
    parts.filter((part) => part.includes("=")).map((part) => part.split("=") as [string, string]),
  );
  const names = parts.filter((part) => !part.includes("="));
  const isLabelled = ({ metadata }: Marked) => selects(labels, metadata.labels);
  const areLabelled = rendered.some(isLabelled);
  const isChosen = (set: Marked) =>
    names.includes(set.metadata.name) ||
    (areLabelled ? isLabelled(set) : selects(labels, set.spec.template.metadata?.labels));
  const isValidator = (set: Marked) => isChosen(set) || isKeyed(set, publicKeys);
  return { text, labels, names, isChosen, isValidator };
}

/** A set whose key is known runs a validator, whatever its labels are. */
function isKeyed(set: Marked, named: ReadonlyMap<string, string>): boolean {
  const { metadata, spec } = set;
  const notes = [metadata.annotations, spec.template.metadata?.annotations];
  if (notes.some((own) => own?.[PUBLIC_KEY])) return true;
  const count = Math.max(1, spec.replicas ?? 1);
  return Array.from({ length: count }, (_, at) => podNameOf(set, at)).some((pod) => named.has(pod));
}
