import type { Address } from "@playbook/evm";
import { address } from "@playbook/evm";
import { keySegment, Log, LogLost, type Store } from "@playbook/state";
import { z } from "zod";

const deployed = z.object({
  kind: z.literal("deployed"),
  plan: z.string().startsWith("sha256:"),
  addresses: z.record(z.string(), address),
});

export type Deployed = z.output<typeof deployed>;

type Place = { repository: string; environment: string; chain: string };

/**
 * What was deployed on a chain, one entry for each plan that came to its end: what the registry has
 * to know, whether or not anybody has taken it over.
 */
export class History {
  readonly #log: Log<Deployed>;
  #entries: Deployed[] = [];

  constructor(store: Store, { repository, environment, chain }: Place, writer: string) {
    const segments = ["hyperlane", ...repository.split("/"), environment, chain];
    this.#log = new Log<Deployed>({
      store,
      prefix: [...segments.slice(0, 1), ...segments.slice(1).map(keySegment)].join("/"),
      format: "playbook.hyperlane-history",
      version: 1,
      writer,
      parse: (value) => deployed.parse(value),
    });
  }

  async read(): Promise<Deployed | undefined> {
    this.#entries = await this.#log.read();
    return this.#entries.at(-1);
  }

  /** Once for a plan, whichever run was first. */
  async append(plan: string, addresses: Record<string, Address>): Promise<void> {
    while (!this.#entries.some((one) => one.plan === plan)) {
      try {
        this.#entries.push(await this.#log.append({ kind: "deployed", plan, addresses }));
      } catch (error) {
        if (!(error instanceof LogLost)) throw error;
        this.#entries = await this.#log.read();
      }
    }
  }
}
