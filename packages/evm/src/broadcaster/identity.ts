import { ActionError } from "@playbook/action";
import type { Store } from "@playbook/state";
import type { Endpoint } from "../endpoint.ts";
import { type LedgerKey, ledgersOf, prefixOf } from "../ledger/ledger.ts";
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

/**
 * Throws `chain-was-reset` when the key has a ledger for another chain of the same id: what was
 * signed for that one would be valid here.
 */
export async function checkOnlyLedger(store: Store, key: LedgerKey, chain: string): Promise<void> {
  const own = prefixOf(key);
  const others = await store.list(ledgersOf(key.chainId));
  const stranger = others.find(
    (one) => one.includes(key.signer.toLowerCase()) && !one.startsWith(`${own}/`),
  );
  if (stranger) throw stopped.reset(chain, stranger.split("/")[2] ?? "another", key.genesis);
}
