/**
 * Whether all labels of a selector are among these; a label without a value is none that is met.
 */
export function selects(
  selector: Record<string, string> | undefined,
  labels: Record<string, string> | undefined,
): boolean {
  const entries = Object.entries(selector ?? {});
  return (
    entries.length > 0 &&
    entries.every(([key, value]) => value !== undefined && labels?.[key] === value)
  );
}

/** What a label has to be, as Kubernetes' selectors say it. */
export type Expression = { key: string; operator: string; values?: string[] };

/** A selector as Kubernetes has it in budgets, sets and affinities. */
export type LabelSelector = {
  matchLabels?: Record<string, string> | null | undefined;
  matchExpressions?: readonly Expression[] | null | undefined;
};

/** Whether a selector takes what has these labels. None takes nothing; an empty one takes all. */
export function isSelected(
  selector: LabelSelector | null | undefined,
  labels: Record<string, string> = {},
): boolean {
  if (!selector) return false;
  const { matchLabels, matchExpressions } = selector;
  const pairs = Object.entries(matchLabels ?? {});
  return (
    pairs.every(([key, value]) => labels[key] === value) &&
    (matchExpressions ?? []).every((one) => isMet(one, labels))
  );
}

export function isMet(
  { key, operator, values = [] }: Expression,
  labels: Record<string, string>,
): boolean {
  const value = labels[key];
  const [limit = ""] = values;
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return value !== undefined && Number(value) > Number(limit);
    case "Lt":
      return value !== undefined && Number(value) < Number(limit);
    default:
      return false;
  }
}
