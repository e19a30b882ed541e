import type { Scene } from "@playbook/rollout";

type Named = Scene["sets"][number];

/**
 * Which sets have nodes of the chain: those of the validators, and what the release labels as its
 * own. Where validators are named, the release may have sets of other kinds: then these alone
 * count.
 */
export function nodesAmong(
  validatorSets: readonly Pick<Named, "metadata">[],
  { validators, release }: { validators?: string | undefined; release: string },
): (set: Pick<Named, "metadata">) => boolean {
  const names = new Set(validatorSets.map(({ metadata }) => metadata.name));
  return ({ metadata: { name, labels } }) =>
    names.has(name) ||
    (validators === undefined && labels?.["app.kubernetes.io/instance"] === release);
}
