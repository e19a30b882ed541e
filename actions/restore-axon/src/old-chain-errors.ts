import { ActionError } from "@playbook/action";

export function unknown(name: string): ActionError {
  return new ActionError("old-validators-unknown", {
    what: `No validator of the old chain is found in ${name}.`,
    why: "None of its StatefulSets is known to run one; that is no proof that none signs.",
    next: "Name their labels with `old-validators`, or give the reason with `fenced-because`.",
  });
}

export function incomplete(
  name: string,
  { keys, missing, names }: Record<"keys" | "missing" | "names", readonly string[]>,
): ActionError {
  return new ActionError("old-validators-missing", {
    what: `Not every one of the ${keys.length} validators to be restored is found in ${name}.`,
    why:
      `Shut would be ${names.join(", ")}. Whoever else has a key of theirs would go on signing ` +
      `with it; not found are, or are among, ${missing.join(", ")}.`,
    next:
      "Name labels with `old-validators` that all of their sets have; where the others are gone " +
      "or run elsewhere, say in `fenced-because` why they do not sign.",
  });
}

export function otherChain(name: string, found: string, genesisHash: string): ActionError {
  return new ActionError("other-chain", {
    what: `The backup is of another chain than the one in ${name}.`,
    why: `Genesis is ${found} there, and ${genesisHash} in the backup.`,
    next: "Correct `backups`, or the `old-…` inputs: a chain is shut only for its own backup.",
  });
}

export function signs(name: string, why: string): ActionError {
  return new ActionError("old-cluster-signs", {
    what: `The old validators in ${name} may still sign.`,
    why,
    next:
      "See them gone, by the machine's power if need be; nothing was started here. Two that sign " +
      "with one key split the chain.",
  });
}
