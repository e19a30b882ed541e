import { error, type Finding } from "./finding.ts";
import { type Manifest, nameOf, type StatefulSet } from "./manifest.ts";

/** Whether an object is made in a namespace; what names none is made in the release's. */
export function isIn({ metadata }: Pick<Manifest, "metadata">, namespace: string): boolean {
  return (metadata.namespace ?? namespace) === namespace;
}

/** Whether the validators are where their rollout looks for them. */
export function checkNamespaces(sets: readonly StatefulSet[], namespace: string): Finding[] {
  return sets
    .filter((set) => !isIn(set, namespace))
    .map((set) => {
      const why =
        `The chart makes it in ${set.metadata.namespace}, and this rollout watches ${namespace}: ` +
        "what runs there is replaced without regard to its votes.";
      const next = `Render no namespace, or say \`namespace: ${set.metadata.namespace}\`.`;
      return error("validator-elsewhere", nameOf(set), why, next);
    });
}
