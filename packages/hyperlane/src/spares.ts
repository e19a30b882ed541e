import type { Address } from "@playbook/evm";
import type {
  Oracle,
  SpareParts,
  StandingHook,
  StandingIsm,
  StandingPaymaster,
  TokenPrice,
} from "./model.ts";

/**
 * What the signer has made and nothing uses: it waits for an owner, such as a Safe, to put it in
 * its place. What would be made just so is not made again. Each is taken once, the oldest first.
 */
export class Spares {
  readonly #isms: StandingIsm[];
  readonly #hooks: StandingHook[];
  readonly #oracles: Oracle[];
  readonly #paymaster: StandingPaymaster | undefined;
  readonly #signer: Address;

  constructor({ isms, hooks, oracles, paymaster }: SpareParts, signer: Address) {
    this.#paymaster = paymaster;
    this.#signer = signer;
    this.#isms = [...isms];
    this.#hooks = [...hooks];
    this.#oracles = [...oracles];
  }

  ism(fits: (one: StandingIsm) => boolean): Address | undefined {
    return take(this.#isms, fits)?.address;
  }

  hook(fits: (one: StandingHook) => boolean): StandingHook | undefined {
    return take(this.#hooks, fits);
  }

  /**
   * One that belongs to whom it shall, and says just this of these destinations; else one that is
   * still the signer's and says nothing of any, so that it can be told.
   */
  oracle(owner: Address, prices: readonly TokenPrice[]): Oracle | undefined {
    return (
      take(this.#oracles, (one) => one.owner === owner && saysJust(one, prices)) ??
      take(this.#oracles, (one) => one.owner === this.#signer && saysJust(one, []))
    );
  }

  /** One that belongs to somebody else than it shall is not ours, whoever lists it. */
  paymaster({ owner }: { owner: Address }): StandingPaymaster | undefined {
    const spare = this.#paymaster;
    return spare && [owner, this.#signer].includes(spare.owner) ? spare : undefined;
  }
}

function take<Part>(parts: Part[], fits: (one: Part) => boolean): Part | undefined {
  const at = parts.findIndex(fits);
  return at < 0 ? undefined : parts.splice(at, 1)[0];
}

/** Whether an oracle says this, and nothing of other destinations: what it was not told is 0. */
function saysJust(oracle: Oracle, wished: readonly TokenPrice[]): boolean {
  const textOf = (prices: readonly TokenPrice[]) =>
    prices
      .filter(({ gasPrice, tokenExchangeRate }) => gasPrice > 0n || tokenExchangeRate > 0n)
      .map(
        ({ domain, gasPrice, tokenExchangeRate }) => `${domain}:${gasPrice}:${tokenExchangeRate}`,
      )
      .toSorted()
      .join();
  return textOf(oracle.prices) === textOf(wished);
}

/** Whether two lists say the same of the same domains, in whatever order. */
export function sameByDomain<One extends { domain: number }, Other extends { domain: number }>(
  ones: readonly One[],
  others: readonly Other[],
  same: (one: One, other: Other) => boolean,
): boolean {
  const known = new Map(others.map((other) => [other.domain, other]));
  return (
    ones.length === others.length &&
    ones.every((one) => {
      const other = known.get(one.domain);
      return other !== undefined && same(one, other);
    })
  );
}
