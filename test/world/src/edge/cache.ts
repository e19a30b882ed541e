import type { HttpReply } from "../aws/request.ts";

export type Entry = {
  uri: string;
  reply: HttpReply;
  /** In milliseconds since 1970; after that the origin is asked whether it still holds. */
  freshUntil: number;
  keptAt: number;
};

/** What one edge location keeps for one distribution. */
export class Cache {
  readonly #entries = new Map<string, Entry>();

  find(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  keep(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
  }

  drop(key: string): void {
    this.#entries.delete(key);
  }

  forget(matches: (uri: string) => boolean): void {
    for (const [key, { uri }] of this.#entries) if (matches(uri)) this.#entries.delete(key);
  }
}
