import type { Fees } from "../fees.ts";
import type { LedgerTransaction } from "../ledger/entry.ts";
import { isCancelled, type Slot } from "../ledger/state.ts";
import type { PlannedChain, Step } from "../plan.ts";
import { type Signer, signTransaction, type Unsigned } from "../transaction.ts";

/** A transfer of nothing; some rollups meter more than 21,000 for it. */
export const CANCELLATION_GAS = 100_000;

/** Signs what a chain's ledger keeps. Nothing of it may leave before it is stored there. */
export class Bytes {
  readonly #chainId: number;
  readonly #signer: Signer;

  constructor({ chainId }: Pick<PlannedChain, "chainId">, signer: Signer) {
    this.#chainId = chainId;
    this.#signer = signer;
  }

  of(step: Step, fees: Fees): Promise<LedgerTransaction> {
    const { id, nonce, to, value, data, gas } = step;
    return this.#sign(id, { nonce, to, value, data, gas, fees });
  }

  /** A nonce used up for nothing: a transfer of nothing to oneself. */
  ofNothing(nonce: number, fees: Fees): Promise<LedgerTransaction> {
    const to = this.#signer.address;
    return this.#sign(null, { nonce, to, value: 0n, data: "0x", gas: CANCELLATION_GAS, fees });
  }

  /** The same again for other fees; a cancelled slot stays cancelled. */
  again(slot: Slot, steps: Step[], fees: Fees) {
    const { nonce, step: id } = slot;
    const step = steps.find((one) => one.id === id);
    return isCancelled(slot) || !step ? this.ofNothing(nonce, fees) : this.of(step, fees);
  }

  async #sign(
    step: string | null,
    unsigned: Omit<Unsigned, "chainId">,
  ): Promise<LedgerTransaction> {
    const signed = await signTransaction({ chainId: this.#chainId, ...unsigned }, this.#signer);
    return { step, ...signed };
  }
}
