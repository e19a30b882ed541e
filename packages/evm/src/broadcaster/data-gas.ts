import { ActionError } from "@playbook/action";
import type { Endpoint } from "../endpoint.ts";
import type { Step } from "../plan.ts";

/**
 * A plan's gas limits leave room for the data to take this many times what it took when planned.
 */
export const DATA_MARGIN = 2;

/**
 * Where data is charged in gas, that follows the price on another chain, and the plan may be old.
 * Throws `gas-outdated` for a step whose data takes more by now than its gas limit has room for.
 */
export async function checkDataGas(chain: string, left: Step[], endpoint: Endpoint): Promise<void> {
  const metered = left.filter((step) => step.dataGas !== undefined);
  if (metered.length === 0) return;
  const now = await endpoint.dataGas(metered);
  const at = metered.findIndex(
    ({ dataGas = 0 }, index) => (now[index] ?? 0) > dataGas * DATA_MARGIN,
  );
  const step = metered[at];
  if (!step) return;
  throw new ActionError("gas-outdated", {
    what: `The plan's gas is not enough for ${step.label} (${step.id}) on ${chain} any more.`,
    why: `Its data takes ${now[at]} gas by now; it took ${step.dataGas} when planned.`,
    next: "Plan again; or run this again when the chain below is cheaper.",
  });
}
