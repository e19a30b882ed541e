import { ActionError } from "@playbook/action";
import { DATA_MARGIN, TRANSACTION_GAS_CAP } from "@playbook/evm";

/** What a transaction needs: for what it does, and where data is charged in gas, for its bytes. */
export type Gas = { execution: number; data: number };

export type GasRules = {
  /** What the simulation used, in percent. */
  margin: number;
  blockLimit: number;
  /** Whether the chain is known to refuse transactions over the cap. */
  capped: boolean;
};

/**
 * The gas limit of a step: what its simulation used, times the margin, and room for its data to
 * become dearer until the plan is applied, but never over the block's limit. Nor over the
 * transaction cap if that leaves enough: a chain may begin to enforce it between plan and apply.
 * Throws `step-too-big` for a step that the chain can never execute.
 */
export function gasLimit(gas: Gas, { margin, blockLimit, capped }: GasRules, step: string) {
  const used = gas.execution + gas.data;
  if (used > blockLimit) throw tooBig(step, used, `a block there holds ${blockLimit}`);
  if (capped && used > TRANSACTION_GAS_CAP) {
    throw tooBig(step, used, `the chain allows ${TRANSACTION_GAS_CAP} to one (EIP-7825)`);
  }
  const ample = Math.ceil((gas.execution * margin) / 100) + gas.data * DATA_MARGIN;
  const wanted = Math.min(ample, blockLimit);
  // Gas for data is none that is executed, which is what the cap is for.
  const fits = gas.data === 0 && used <= TRANSACTION_GAS_CAP;
  return fits ? Math.min(wanted, TRANSACTION_GAS_CAP) : wanted;
}

/**
 * For a step of which a node says that a whole block is not enough; undefined for what it says
 * else.
 */
export function exceedsBlock(
  said: string,
  { blockLimit }: Pick<GasRules, "blockLimit">,
  step: string,
) {
  if (!/gas required exceeds allowance/.test(said)) return undefined;
  return tooBig(step, `more than ${blockLimit}`, "that is what a block there holds");
}

function tooBig(step: string, used: number | string, why: string): ActionError {
  return new ActionError("step-too-big", {
    what: `${step} needs ${used} gas.`,
    why: `No block could take it: ${why}.`,
    next: "Let the script do less in one transaction: smaller batches, or a contract in parts.",
  });
}
