import { ActionError, type Context } from "@playbook/action";
import { type ChainSpec, genesisDifferences, readChainSpec } from "@playbook/axon";
import type { Prepared } from "./prepare.ts";

/**
 * That a node which begins with nothing begins with the chain's own first block. Throws
 * `genesis-differs` where validators begin so; where only later nodes would, that is a warning.
 */
export async function checkGenesis(
  { target, backup, base }: Pick<Prepared, "target" | "backup" | "base">,
  context: Context,
): Promise<void> {
  const own = specIn(backup.manifest.chain.spec);
  const rendered = specIn(await target.chainSpec());
  if (!own || !rendered) return;
  const paths = genesisDifferences(rendered, own);
  if (paths.length === 0) return;
  const error = differs(backup.id, paths);
  if (base === null) throw error;
  context.warn(`${error.what} ${error.why} ${error.next}`);
}

/** One that Axon would not read says nothing: a backup of another chart may have none. */
function specIn(text: string): ChainSpec | undefined {
  try {
    return readChainSpec(text).value;
  } catch (error) {
    if (error instanceof ActionError) return undefined;
    throw error;
  }
}

function differs(id: string, paths: readonly string[]): ActionError {
  return new ActionError("genesis-differs", {
    what: `The values have another chain spec than the one that backup ${id} is of.`,
    why: `They differ in ${paths.join(", ")}: a node without data would begin another chain.`,
    next:
      "Give `chain.spec` in the values what the chain began with, whole: it is in the backup's " +
      "manifest.json, as `chain.spec`.",
  });
}
