import { rename, writeFile } from "node:fs/promises";

/** What lies between nodes, by their addresses. Nodes notice within a tenth of a second. */
export class NetworkFaults {
  readonly path: string;
  readonly #cut = new Map<string, [string, string]>();
  readonly #delays = new Map<string, number>();
  readonly #hurried = new Set<string>();

  /** `path` is what WORLD_NETWORK names. */
  constructor(path: string) {
    this.path = path;
  }

  /** Nothing passes between the two any longer, in either direction. */
  async cut(one: string, other: string): Promise<void> {
    this.#cut.set(pair(one, other), [one, other]);
    await this.#write();
  }

  async mend(one: string, other: string): Promise<void> {
    this.#cut.delete(pair(one, other));
    await this.#write();
  }

  /** All that an address sends or gets takes so much longer; 0 ends it. */
  async delay(address: string, ms: number): Promise<void> {
    this.#delays.set(address, ms);
    await this.#write();
  }

  /** From now on these wait a tenth of what they should from block to block. */
  async hurry(addresses: readonly string[]): Promise<void> {
    for (const address of addresses) this.#hurried.add(address);
    await this.#write();
  }

  async calm(): Promise<void> {
    this.#cut.clear();
    this.#delays.clear();
    this.#hurried.clear();
    await this.#write();
  }

  async #write(): Promise<void> {
    const rules = {
      cut: [...this.#cut.values()],
      delayMs: Object.fromEntries(this.#delays),
      hurried: [...this.#hurried],
    };
    // Whole or not at all: nodes read it while it is written.
    await writeFile(`${this.path}.new`, JSON.stringify(rules));
    await rename(`${this.path}.new`, this.path);
  }
}

const pair = (one: string, other: string) => [one, other].sort().join(" ");
