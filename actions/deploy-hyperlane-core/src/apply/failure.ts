import { ActionError } from "@playbook/action";
import type { CoreDocument } from "../document.ts";

/** A chain that is not done, and why. */
export type Failed = { name: string; error: unknown };

/**
 * Chains that the plan has nothing of since something is wrong with them: time alone mends none.
 */
export function leftOut({ unreached }: Pick<CoreDocument, "unreached">): Failed[] {
  return unreached
    .filter(({ isFlawed }) => isFlawed)
    .map(({ name, why }) => ({
      name,
      error: new ActionError("chain-left-out", {
        what: `${name} was left out of the plan.`,
        why,
        next: "Mend that, and plan again.",
      }),
    }));
}

/** One error for all chains that did not come to their end. */
export function failureOf(failed: readonly Failed[]): ActionError | undefined {
  const [first] = failed;
  if (!first) return undefined;
  if (failed.length === 1 && first.error instanceof ActionError) return first.error;
  const why = failed.map(
    ({ name, error }) => `${name}: ${error instanceof Error ? error.message : error}`,
  );
  return new ActionError("chains-failed", {
    what: `Not all chains are done; missing are ${failed.map(({ name }) => name).join(", ")}.`,
    why: why.join("\n"),
    next: "Mend what each says, and plan again: the next run goes on from what is there.",
  });
}
