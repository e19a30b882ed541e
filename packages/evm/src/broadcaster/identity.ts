import { ActionError } from "@playbook/action";
import type { Endpoint } from "../endpoint.ts";
import type { PlannedChain } from "../plan.ts";
import { stopped } from "./errors.ts";

/** Throws `wrong-chain` or `chain-was-reset` unless the endpoint is the chain of the plan. */
export async function checkIdentity(planned: PlannedChain, endpoint: Endpoint): Promise<void> {
  const { chainId, genesis } = await endpoint.identity();
  if (chainId !== planned.chainId) {
    throw new ActionError("wrong-chain", {
      what: `${endpoint.host} is not ${planned.name}.`,
      why: `It says chain id ${chainId}; the plan is for ${planned.chainId}.`,
      next: `Correct the URL of ${planned.name}.`,
    });
  }
  if (genesis !== planned.genesis) throw stopped.reset(planned.name, planned.genesis, genesis);
}
