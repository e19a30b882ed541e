import { ActionError } from "@playbook/action";
import { startOrder } from "@playbook/backup";
import { hasQuorum, quorum, totalWeight, type ValidatorSet, weightOf } from "@playbook/bft";
import { handleOf } from "./imported.ts";
import type { Inputs, Prepared } from "./prepare.ts";
import type { Rendered } from "./target.ts";
import { checkClaim } from "./volumes.ts";

/**
 * Whether the chain can come back with what there is: all that can be known of it before the old one is
 * shut. Throws `no-snapshot`, `volume-there`, `volume-too-small`, `too-few-validators`,
 * `old-validators-unknown`, `old-validators-missing`.
 */
export async function checkReady(prepared: Prepared, inputs: Inputs): Promise<void> {
  const { kube, backup, old, validators, sync } = prepared;
  const { manifest } = backup;
  if (inputs.from === "snapshot") handleOf(manifest);
  for (const set of [...validators, sync]) await checkClaim({ kube, manifest, inputs }, set);
  const keys = validators.flatMap(({ validator }) => validator ?? []);
  await old?.checkAll(keys, inputs.fencedBecause);
  // An old chain that is silent tells nothing of it: the restored one does, before anybody signs.
  const voters = await old?.validators(manifest);
  if (voters) orderOf(voters, validators);
}

/** In which order validators are started. Throws `too-few-validators`. */
export function orderOf(set: ValidatorSet, validators: readonly Rendered[]) {
  const here = new Set(validators.flatMap(({ validator }) => validator ?? []));
  if (hasQuorum(set, here)) return startOrder(set, here);
  const missing = set.filter(({ id }) => !here.has(id)).map(({ id }) => id);
  throw new ActionError("too-few-validators", {
    what: `The values have validators with ${weightOf(set, here)} of ${totalWeight(set)} votes.`,
    why: `A block needs ${quorum(set)} votes. Without a node are: ${missing.join(", ")}.`,
    next: "Add those validators to the values, with their keys in the secret store.",
  });
}
