import { randomUUID } from "node:crypto";
import { keySegment, Log, LogLost, type Store } from "@playbook/state";
import { z } from "zod";
import type { Entry } from "./releases.ts";

const body = z.object({
  release: z.string(),
  order: z.number(),
  deployment: z.string(),
  event: z.enum(["staged", "promoted", "settled", "removed"]),
  id: z.string().optional(),
  rollback: z.boolean().optional(),
});

/** Whose releases they are. */
export type Place = { repository: string; environment: string; name: string };

/** What was done, and is about to be done, with the releases of a subgraph. */
export class ReleaseLog {
  readonly #log: Log<Entry>;

  constructor(store: Store, { repository, environment, name }: Place, run: string) {
    const segments = [...repository.split("/"), environment, name].map(keySegment);
    this.#log = new Log<Entry>({
      store,
      prefix: ["subgraphs", ...segments].join("/"),
      format: "playbook.subgraph-releases",
      version: 1,
      writer: `${run} (${randomUUID()})`,
      parse: (value) => body.parse(value),
    });
  }

  read(): Promise<Entry[]> {
    return this.#log.read();
  }

  /** Writes an entry unless, by then, the others say that it is not to be. Resolves to whether. */
  async append(entry: Entry, isDue: (entries: Entry[]) => boolean): Promise<boolean> {
    for (;;) {
      if (!isDue(await this.#log.read())) return false;
      try {
        await this.#log.append(entry);
        return true;
      } catch (error) {
        if (!(error instanceof LogLost)) throw error;
      }
    }
  }
}
