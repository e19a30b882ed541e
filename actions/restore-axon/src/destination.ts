import { ActionError } from "@playbook/action";
import type { StatefulSet } from "@playbook/kube";

/** On a set that a restore has shut: where its chain is restored. */
const FENCED_FOR = "playbook/fenced-for";

/** Where a chain is restored: two runs with the same one are one restore. */
export type Destination = {
  /** Address of the API server. */
  server: string;
  namespace: string;
  release: string;
};

/** What marks a set as shut for it. */
export function markFor({ server, namespace, release }: Destination): Record<string, string> {
  return { [FENCED_FOR]: `${release} in namespace ${namespace} of ${server}` };
}

/** Where else the chain of a set is restored, by its mark; null where that is not known. */
export function otherDestination(
  { metadata }: Pick<StatefulSet, "metadata">,
  own: Destination,
): string | null {
  const marked = metadata.annotations?.[FENCED_FOR];
  return marked === undefined || marked === markFor(own)[FENCED_FOR] ? null : marked;
}

/** Whether a set has the mark of this restore. */
export function isMarkedFor({ metadata }: Pick<StatefulSet, "metadata">, own: Destination) {
  return metadata.annotations?.[FENCED_FOR] === markFor(own)[FENCED_FOR];
}

export function restoredElsewhere(old: string, where: string): ActionError {
  return new ActionError("restored-elsewhere", {
    what: `The chain in ${old} was shut to be restored elsewhere: as ${where}.`,
    why: "Its keys may sign there, and would sign here as well: with each two blocks at a height.",
    next:
      "Name that one as the old chain (`old-cluster`, `old-namespace`, `old-release`), and it is " +
      "shut first. If nothing signs there and nothing will, say in `fenced-because` why.",
  });
}
