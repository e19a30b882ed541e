import { ActionError } from "@playbook/action";
import {
  DATA_MARGIN,
  Endpoint,
  gasPolicy,
  type PlannedChain,
  type Step,
  type Wire,
} from "@playbook/evm";

const isArbitrum = ({ metadata }: PlannedChain) => gasPolicy(metadata).gas === "arbitrum";

/**
 * Throws `no-index` for a chain of Arbitrum's whose entry does not say where agents begin. The
 * number that its mailbox keeps is of a block of Ethereum's, which may be far beyond the chain's
 * own.
 */
export function assertIndexed(planned: PlannedChain, metadata: Record<string, unknown>): void {
  const { from } = (metadata.index ?? {}) as { from?: unknown };
  if (from !== undefined || !isArbitrum(planned)) return;
  const { name, block } = planned;
  throw new ActionError("no-index", {
    what: `The registry does not say at which block agents begin on ${name}.`,
    why:
      "Its mailbox cannot tell: on Arbitrum's chains a contract " +
      "sees the numbers of Ethereum's blocks.",
    next:
      "Write `index: { from: … }` into its metadata.yaml: a block before the mailbox was made, " +
      `or ${block}, the newest now, where there is none yet.`,
  });
}

/** The steps with gas for their data, where it is charged in gas and may become dearer. */
export async function withDataGas(
  steps: readonly Step[],
  planned: PlannedChain,
  wire: Wire,
): Promise<Step[]> {
  if (!isArbitrum(planned)) return [...steps];
  const data = await new Endpoint(wire).dataGas([...steps]);
  return steps.map((step, at) => {
    const dataGas = data[at] ?? 0;
    return { ...step, gas: step.gas + DATA_MARGIN * dataGas, dataGas };
  });
}
