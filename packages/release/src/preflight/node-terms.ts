/** What a label of nodes has to be, as a NodeSelectorRequirement says it. */
type Requirement = { key: string; operator: string; values?: string[] };

/** All of its requirements together. */
export type NodeTerm = { matchExpressions?: Requirement[]; matchFields?: Requirement[] };

type Named = { name: string; labels: Record<string, string> };

/** Whether a node meets one of the terms. One that requires nothing is met by none, as in Kubernetes. */
export function meets(terms: readonly NodeTerm[], { name, labels }: Named): boolean {
  return terms.some(({ matchExpressions = [], matchFields = [] }) => {
    if (matchExpressions.length + matchFields.length === 0) return false;
    const fields = { "metadata.name": name };
    return (
      matchExpressions.every((one) => isMet(one, labels)) &&
      matchFields.every((one) => isMet(one, fields))
    );
  });
}

function isMet({ key, operator, values = [] }: Requirement, labels: Record<string, string>) {
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

/** For a person: `topology.kubernetes.io/zone In eu-west-1a`. */
export function termsText(terms: readonly NodeTerm[]): string {
  const texts = terms.map(({ matchExpressions = [], matchFields = [] }) =>
    [...matchExpressions, ...matchFields]
      .map(({ key, operator, values = [] }) => [key, operator, values.join("/")].join(" ").trim())
      .join(" and "),
  );
  return texts.join(", or ");
}
