import type { Address } from "@playbook/evm";

/**
 * Parts that stand in several places, such as a fee that both hooks ask: one can be changed to what
 * one place wishes, and the others have it only if they wish just the same.
 */
export class Kept {
  readonly #texts = new Map<Address, string>();

  /** Keeps these as they are for all places, if no place has had one of them changed. */
  hold(parts: readonly [Address, text: string][]): boolean {
    if (parts.some(([address, text]) => (this.#texts.get(address) ?? text) !== text)) return false;
    for (const [address, text] of parts) this.#texts.set(address, text);
    return true;
  }

  /**
   * `make` resolves to the address of what is as the text says, given what may be changed to it.
   */
  place<Part extends { address: Address }>(
    text: string,
    standing: Part | undefined,
    make: (standing: Part | undefined) => Address,
  ): Address {
    const known = standing && this.#texts.get(standing.address);
    if (standing && known === text) return standing.address;
    const address = make(known === undefined ? standing : undefined);
    const isOwned = standing !== undefined && "owner" in standing;
    if (isOwned && address === standing.address) this.#texts.set(address, text);
    return address;
  }
}
