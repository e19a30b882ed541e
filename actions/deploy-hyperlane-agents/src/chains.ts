import { ActionError, type Context, reason } from "@playbook/action";
import { connectionTo, type RpcUrl } from "@playbook/broadcast";
import { type Address, type Connection, connect, hostOf } from "@playbook/evm";
import {
  type KnownChain,
  lookAtOrigin,
  type OriginSight,
  readQuorums,
  type SeenQuorum,
} from "@playbook/hyperlane";

type Wire = ReturnType<typeof connect>;

/** The chains that agents work on, as this run looks at them. */
export class Chains {
  readonly all: readonly KnownChain[];
  readonly #wires: ReadonlyMap<string, { wire: Wire; urls: string[] }>;
  readonly #names: ReadonlyMap<number, string>;
  readonly #context: Context;

  constructor(all: readonly KnownChain[], rpcUrls: readonly RpcUrl[], context: Context) {
    this.all = all;
    this.#context = context;
    this.#names = new Map(all.map(({ name, domainId, chainId }) => [domainId ?? chainId, name]));
    this.#wires = new Map(
      all.map((chain) => {
        const given = rpcUrls.filter(({ name }) => name === chain.name).map(({ value }) => value);
        const urls = given.length > 0 ? given : chain.rpcUrls.map(({ http }) => http);
        const connection: Connection = connectionTo(chain.name, { context });
        return [chain.name, { wire: connect(urls, connection), urls }];
      }),
    );
  }

  /** Every set of every chain's default ISM, with those that a reorganisation may bring back. */
  async quorums(): Promise<SeenQuorum[]> {
    const found = this.all.map((chain) =>
      this.#ask(chain.name, (wire) => readQuorums(wire, chain, this.#names)),
    );
    return (await Promise.all(found)).flat();
  }

  /** By chain; each is asked for the validators that may be its own. */
  async origins(
    validators: (chain: string) => readonly Address[],
  ): Promise<Map<string, OriginSight>> {
    const found = this.all.map(async (chain) => {
      const asked = validators(chain.name);
      const look = (wire: Wire) => lookAtOrigin(wire, chain, asked);
      return [chain.name, await this.#ask(chain.name, look)] as const;
    });
    return new Map(await Promise.all(found));
  }

  /** What an account has there, and what gas costs, both in wei. */
  funds(chain: string, account: Address): Promise<{ balance: bigint; gasPrice: bigint }> {
    return this.#ask(chain, async (wire) => {
      const [balance, gasPrice] = await Promise.all([
        wire.send<string>("eth_getBalance", account, "latest"),
        wire.send<string>("eth_gasPrice"),
      ]);
      return { balance: BigInt(balance), gasPrice: BigInt(gasPrice) };
    });
  }

  /** Throws `chain-unreadable`, naming the hosts and nothing else of the URLs. */
  async #ask<Answer>(chain: string, work: (wire: Wire) => Promise<Answer>): Promise<Answer> {
    const { wire, urls } = this.#wires.get(chain) ?? {};
    if (!wire || !urls) throw new Error(`There is no chain ${chain}.`);
    try {
      return await work(wire);
    } catch (error) {
      this.#context.signal.throwIfAborted();
      if (error instanceof ActionError) throw error;
      throw new ActionError(
        "chain-unreadable",
        {
          what: `${chain} does not say whom it counts on.`,
          why: `${[...new Set(urls.map(hostOf))].join(", ")}: ${reason(error)}`,
          next: "Check `rpc-urls`, and the addresses in agent-config.json; then run this again.",
        },
        { cause: error },
      );
    }
  }
}
