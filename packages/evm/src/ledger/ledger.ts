import { ActionError, type Clock } from "@playbook/action";
import { Log, type Store } from "@playbook/state";
import { getAddress } from "ethers";
import type { Address, Hex } from "../primitives.ts";
import { type Body, body } from "./entry.ts";
import { apply, IllegalEntry, type LedgerState, replay } from "./state.ts";

/** A signer on a chain; the genesis tells a chain from another of the same id. */
export type LedgerKey = { genesis: Hex; chainId: number; signer: Address };

/** Which entry of a ledger it is, what it says, and which run wrote it. */
export type Newest = { index: number; kind: Body["kind"]; writer: string };

/** One signer's log on one chain: lock, journal and nonce allocator in one. */
export class Ledger {
  readonly #log: Log<Body>;
  readonly #where: string;
  readonly #key: LedgerKey;
  #state: LedgerState | undefined;
  #newest: Newest | undefined;

  constructor(store: Store, key: LedgerKey, writer: string, clock?: Pick<Clock, "sleep">) {
    const prefix = prefixOf(key);
    this.#key = key;
    this.#where = `${store.location}/${prefix}`;
    this.#log = new Log<Body>({
      store,
      prefix,
      format: "playbook.ledger",
      version: 1,
      writer,
      clock,
      parse: (value) => body.parse(value),
      isCheckpoint: ({ kind }) => kind === "closed" || kind === "adopted",
    });
  }

  /** Where its entries lie. */
  get where(): string {
    return this.#where;
  }

  /** The entry that was read last. */
  get newest(): Newest | undefined {
    return this.#newest;
  }

  /** What it says; undefined before its first entry. */
  get state(): LedgerState | undefined {
    return this.#state;
  }

  /**
   * Reads what is stored; the second time, only what was added since. Throws `log-torn` when the
   * entries contradict each other.
   */
  async read(): Promise<LedgerState | undefined> {
    try {
      const entries = this.#state ? await this.#log.readOn() : await this.#log.read();
      const state = this.#state ? entries.reduce<LedgerState>(apply, this.#state) : replay(entries);
      if (state && prefixOf(state) !== prefixOf(this.#key)) {
        throw new IllegalEntry("it was written for another key or chain");
      }
      this.#state = state;
      this.#newest = entries.at(-1) ?? this.#newest;
      return state;
    } catch (error) {
      if (!(error instanceof IllegalEntry)) throw error;
      throw new ActionError("log-torn", {
        what: `The ledger ${this.#where} contradicts itself.`,
        why: `${error.message}.`,
        next: "Nothing is signed until it is mended: restore the first versions of its objects.",
      });
    }
  }

  /** Appends an entry; durable when it returns. Throws `LogLost` and `state-unreachable`. */
  async append(entry: Body): Promise<LedgerState> {
    const after = apply(this.#state, entry);
    await this.#log.append(entry);
    this.#state = after;
    return after;
  }
}

export function prefixOf({ genesis, chainId, signer }: LedgerKey): string {
  return `${ledgersOf(chainId)}${genesis}/${signer.toLowerCase()}`;
}

/** Below this lie the ledgers of all chains with an id. */
export function ledgersOf(chainId: number): string {
  return `ledgers/${chainId}/`;
}

/**
 * The keys of all ledgers in a store, of one signer or of all. Their entries are leapt over: it
 * takes a request for each ledger, however long it is.
 */
export async function everyLedger(
  store: Pick<Store, "list">,
  signer?: Address,
): Promise<LedgerKey[]> {
  const found: LedgerKey[] = [];
  for (let after: string | undefined; ; ) {
    const [key] = await store.list("ledgers/", after, 1);
    if (key === undefined) return found;
    const [, chainId, genesis, account] = key.split("/");
    if (chainId && genesis && account) {
      const owner = getAddress(account) as Address;
      const ledger = { chainId: Number(chainId), genesis: genesis as Hex, signer: owner };
      if (!signer || owner === signer) found.push(ledger);
      after = `${prefixOf(ledger)}/${LAST}`;
    } else after = key;
  }
}

/** Comes after every entry of a ledger. */
const LAST = "~";
