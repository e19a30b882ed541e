/** What happens to an effect once it is let go. */
export type Fate =
  | { kind: "do" }
  /** It never takes effect, and whoever asked is told so. */
  | { kind: "fail" }
  /** It takes effect, and whoever asked is told that it failed. */
  | { kind: "lose-reply" }
  /** A node that is so many blocks behind answers. */
  | { kind: "stale"; blocks: number };

type Waiting = { writer: string; release: (fate: Fate) => void };

/** Everything that a writer does to the world waits here until the schedule lets it happen. */
export class Turns {
  #waiting: Waiting[] = [];
  readonly #dead = new Set<string>();

  get count(): number {
    return this.#waiting.length;
  }

  /** Waits for its turn; for ever, if its writer has died. */
  take(writer: string): Promise<Fate> {
    const { promise, resolve } = Promise.withResolvers<Fate>();
    if (!this.#dead.has(writer)) this.#waiting.push({ writer, release: resolve });
    return promise;
  }

  /** Lets one of the waiting effects happen, and all that follows from it up to the next effects. */
  async give(pick: number, fate: Fate): Promise<void> {
    const [next] = this.#waiting.splice(pick % Math.max(1, this.#waiting.length), 1);
    next?.release(fate);
    await settled();
  }

  /** The writer stops between two instructions, as with SIGKILL. */
  kill(writer: string): void {
    this.#dead.add(writer);
    this.#waiting = this.#waiting.filter((one) => one.writer !== writer);
  }
}

/** Until no promise has anything left to do. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
