import { ActionError, type Context, reason } from "@playbook/action";
import { connectionTo, type Quorums, type RpcUrl } from "@playbook/broadcast";
import { type Address, connect, Endpoint, type Hex, hostOf } from "@playbook/evm";
import {
  type DestinationSight,
  type KnownChain,
  lookAtDestination,
  lookAtOrigin,
  type Misplaced,
  misplaced,
  misplacedTree,
  type OriginSight,
} from "@playbook/hyperlane";
import type { Prices } from "./funds.ts";

type Wire = ReturnType<typeof connect>;

/**
 * A chain of which nothing can be known now. `why` names the hosts, and nothing else of the URLs.
 */
export type Unreached = { chain: string; why: string };

/** The chains that agents work on, as this run looks at them. */
export class Chains {
  readonly all: readonly KnownChain[];
  readonly quorum: Quorums;
  readonly #wires: ReadonlyMap<string, { wire: Wire; urls: string[] }>;
  readonly #names: ReadonlyMap<number, string>;
  readonly #context: Context;
  /** Why each did not answer, once: it is not asked again, so that nobody waits for it twice. */
  readonly #unreached = new Map<string, string>();
  /** Chains whose addresses are what they are listed as. */
  readonly #placed = new Set<string>();

  constructor(
    all: readonly KnownChain[],
    { rpcUrls, quorum }: { rpcUrls: readonly RpcUrl[]; quorum: Quorums },
    context: Context,
  ) {
    this.all = all;
    this.quorum = quorum;
    this.#context = context;
    this.#names = new Map(all.map(({ name, domainId, chainId }) => [domainId ?? chainId, name]));
    this.#wires = new Map(
      all.map((chain) => {
        const given = rpcUrls.filter(({ name }) => name === chain.name).map(({ value }) => value);
        const urls = given.length > 0 ? given : chain.rpcUrls.map(({ http }) => http);
        const connection = connectionTo(chain.name, { quorum, context });
        return [chain.name, { wire: connect(urls, connection), urls }];
      }),
    );
  }

  /** Those that have not answered in this run: the next one asks them again. */
  get unreached(): Unreached[] {
    return [...this.#unreached].map(([chain, why]) => ({ chain, why }));
  }

  /**
   * All that is in every chain's default ISM, with what a reorganisation may bring back. Throws
   * `chain-unreadable` when no chain answers at all, `wrong-address` for what agents would be told
   * wrongly.
   */
  async destinations(): Promise<DestinationSight> {
    const found = await Promise.all(
      this.all.map((chain) =>
        this.#ask(chain.name, async (wire) => {
          await this.#assertPlaced(wire, chain);
          return lookAtDestination(wire, chain, this.#names);
        }),
      ),
    );
    if (this.all.length > 0 && this.#unreached.size === this.all.length) {
      throw noneAnswers(this.unreached);
    }
    const seen = found.filter((one) => one !== undefined);
    return {
      quorums: seen.flatMap(({ quorums }) => quorums),
      unknown: seen.flatMap(({ unknown }) => unknown),
    };
  }

  /** By chain, of those that answer; each is asked for the validators that may be its own. */
  async origins(
    validators: (chain: string) => readonly Address[],
  ): Promise<Map<string, OriginSight>> {
    const found = this.all.map(async (chain) => {
      const asked = validators(chain.name);
      const seen = await this.#ask(chain.name, (wire) => lookAtOrigin(wire, chain, asked));
      return seen ? [[chain.name, seen] as const] : [];
    });
    return new Map((await Promise.all(found)).flat());
  }

  /** What an account has there, and what gas costs, both in wei; undefined where nobody answers. */
  funds(chain: string, account: Address): Promise<({ balance: bigint } & Prices) | undefined> {
    return this.#ask(chain, async (wire) => {
      const [balance, gasPrice, { baseFee }] = await Promise.all([
        wire.send<string>("eth_getBalance", account, "latest"),
        wire.send<string>("eth_gasPrice"),
        new Endpoint(wire).head(),
      ]);
      // Agents take a base fee of nothing for none.
      const fees = baseFee ? "eip1559" : "legacy";
      return { balance: BigInt(balance), gasPrice: BigInt(gasPrice), fees };
    });
  }

  /**
   * Which chain it is, and how many of an account's transactions are in its blocks; undefined where
   * nobody answers.
   */
  standing(
    chain: string,
    account: Address,
  ): Promise<{ genesis: Hex; chainId: number; nonce: number } | undefined> {
    return this.#ask(chain, async (wire) => {
      const endpoint = new Endpoint(wire);
      const [identity, head] = await Promise.all([endpoint.identity(), endpoint.head()]);
      return { ...identity, nonce: await endpoint.nonce(account, head.number) };
    });
  }

  /**
   * Which of these have announced themselves where they leave their signatures, as of now;
   * undefined where nobody answers.
   */
  announced(
    chain: string,
    validators: readonly { address: Address; place: string }[],
  ): Promise<Set<Address> | undefined> {
    return this.#ask(chain, async (wire) => {
      const addresses = validators.map(({ address }) => address);
      const { announced } = await lookAtOrigin(wire, this.named(chain), addresses);
      const there = validators.filter(({ address, place }) => {
        return announced.get(address)?.includes(place);
      });
      return new Set(there.map(({ address }) => address));
    });
  }

  named(chain: string): KnownChain {
    const found = this.all.find(({ name }) => name === chain);
    if (!found) throw new Error(`There is no chain ${chain}.`);
    return found;
  }

  /** Where a chain is reached. */
  urlsOf(chain: string): readonly string[] {
    return this.#wires.get(chain)?.urls ?? [];
  }

  /** Nobody waits for it in this run any more. */
  leave(chain: string, why: string): void {
    this.#unreached.set(chain, why);
  }

  /** Once a chain: what stands in a file does not change under a run. */
  async #assertPlaced(wire: Wire, chain: KnownChain): Promise<void> {
    if (this.#placed.has(chain.name)) return;
    const domain = chain.domainId ?? chain.chainId;
    const wrong = (await misplaced(wire, domain, chain)) ?? (await misplacedTree(wire, chain));
    if (wrong) throw wrongAddress(chain.name, wrong);
    this.#placed.add(chain.name);
  }

  /** What a chain answers; undefined when it does not, or did not before. */
  async #ask<Answer>(
    chain: string,
    work: (wire: Wire) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    const { wire, urls } = this.#wires.get(chain) ?? {};
    if (!wire || !urls) throw new Error(`There is no chain ${chain}.`);
    if (this.#unreached.has(chain)) return undefined;
    try {
      return await work(wire);
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (error instanceof ActionError && error.code !== "nodes-disagree") throw error;
      const why = error instanceof ActionError ? error.why : reason(error);
      const hosts = [...new Set(urls.map(hostOf))].join(", ");
      // Of a connection that fails the hosts are named already.
      this.#unreached.set(chain, why.startsWith(hosts) ? why : `${hosts}: ${why}`);
      return undefined;
    }
  }
}

function noneAnswers(unreached: readonly Unreached[]): ActionError {
  return new ActionError("chain-unreadable", {
    what: `No chain says whom it counts on: ${unreached.map(({ chain }) => chain).join(", ")}.`,
    why: unreached.map(({ chain, why }) => `${chain}: ${why}`).join("\n"),
    next: "Check `rpc-urls`, and the addresses in agent-config.json; then run this again.",
  });
}

function wrongAddress(chain: string, { name, why }: Misplaced): ActionError {
  return new ActionError("wrong-address", {
    what: `The ${name} of ${chain} in agent-config.json is another contract, or none.`,
    why,
    next: "Correct it there, or have deploy-hyperlane-core write the file anew.",
  });
}
