import { setTimeout as sleep } from "node:timers/promises";

/** Works on one thing at a time by its name, again when it changed meanwhile or the work failed. */
export class Reconciler implements Disposable {
  readonly #work: (name: string) => Promise<void>;
  readonly #states = new Map<string, "working" | "changed">();
  #ended = false;

  constructor(work: (name: string) => Promise<void>) {
    this.#work = work;
  }

  ask(name: string): void {
    if (this.#ended) return;
    if (this.#states.has(name)) this.#states.set(name, "changed");
    else this.#run(name);
  }

  [Symbol.dispose](): void {
    this.#ended = true;
  }

  async #run(name: string): Promise<void> {
    do {
      this.#states.set(name, "working");
      try {
        await this.#work(name);
      } catch {
        // A conflict, a reference that is not there yet, an API server that is away.
        this.#states.set(name, "changed");
        await sleep(RETRY_MS);
      }
    } while (!this.#ended && this.#states.get(name) === "changed");
    this.#states.delete(name);
  }
}

const RETRY_MS = 200;
