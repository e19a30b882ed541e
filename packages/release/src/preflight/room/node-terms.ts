import { type Expression, isMet } from "@playbook/rollout";

/** All of its requirements together. */
export type NodeTerm = { matchExpressions?: Expression[]; matchFields?: Expression[] };

type Named = { name: string; labels: Record<string, string> };

/**
 * Whether a node meets one of the terms. One that requires nothing is met by none, as in
 * Kubernetes.
 */
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

/** For a person: `topology.kubernetes.io/zone In eu-west-1a`. */
export function termsText(terms: readonly NodeTerm[]): string {
  const texts = terms.map(({ matchExpressions = [], matchFields = [] }) =>
    [...matchExpressions, ...matchFields]
      .map(({ key, operator, values = [] }) => [key, operator, values.join("/")].join(" ").trim())
      .join(" and "),
  );
  return texts.join(", or ");
}
