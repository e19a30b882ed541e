import type { Fees } from "../fees.ts";
import { gasPolicy } from "../gas-policy.ts";
import type { LedgerTransaction } from "../ledger/entry.ts";
import { isCancelled, type Slot } from "../ledger/state.ts";
import type { PlannedChain, Step } from "../plan.ts";
import { type Signer, signTransaction, type Unsigned } from "../transaction.ts";

/** Signs what a chain's ledger keeps. Nothing of it may leave before it is stored there. */
export class Bytes {
  readonly #chainId: number;
  readonly #signer: Signer;
  readonly #cancelling: number;

  constructor({ chainId, metadata }: Pick<PlannedChain, "chainId" | "metadata">, signer: Signer) {
    this.#chainId = chainId;
    this.#cancelling = gasPolicy(metadata).cancelling;
    this.#signer = signer;
  }

  of(step: Step, fees: Fees): Promise<LedgerTransaction> {
    const { id, nonce, to, value, data, gas } = step;
    return this.#sign(id, { nonce, to, value, data, gas, fees });
  }

  /** A nonce used up for nothing: a transfer of nothing to oneself. */
  ofNothing(nonce: number, fees: Fees): Promise<LedgerTransaction> {
    const to = this.#signer.address;
    return this.#sign(null, { nonce, to, value: 0n, data: "0x", gas: this.#cancelling, fees });
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
