import { ActionError } from "@playbook/action";
import { type Plan, stepsOn, within } from "@playbook/evm";
import type { ReadyChain } from "./chain.ts";

/**
 * Asks each chain for code at every address that the plan creates. Throws `no-code` naming them.
 */
export async function checkCode(plan: Plan, chains: ReadyChain[]): Promise<void> {
  await Promise.all(chains.map((chain) => checkChain(plan, chain)));
}

async function checkChain(plan: Plan, { name, endpoint }: ReadyChain): Promise<void> {
  const created = stepsOn(plan, name).flatMap(({ creates }) => creates);
  const standing = await within(name, endpoint, () =>
    endpoint.withCode(created.map(({ address }) => address)),
  );
  const missing = created.filter(({ address }) => !standing.has(address));
  if (missing.length === 0) return;

  const list = missing.map(({ contract, address }) => `${contract ?? "contract"} at ${address}`);
  throw new ActionError("no-code", {
    what: `${name} has no code for ${list.join(", ")}.`,
    why: "All transactions are final and succeeded: the node is behind, or the contract is gone.",
    next: "Run this again with a node that is in sync; nothing is sent twice.",
  });
}
