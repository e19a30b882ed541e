/** What happens to an effect once it is let go. */
export type Fate =
  | { kind: "do" }
  /** It never takes effect, and whoever asked is told so. */
  | { kind: "fail" }
  /** It takes effect, and whoever asked is told that it failed. */
  | { kind: "lose-reply" }
  /** A node that is so many blocks behind answers. */
  | { kind: "stale"; blocks: number };

/**
 * What others can see: an object created, bytes handed in. Between two of these nobody notices what
 * a writer does, until it pauses.
 */
export type Weight = "visible" | "silent" | "pause";

type Waiting = { writer: string; weight: Weight; release: (fate: Fate) => void };

/** Everything that a writer does to the world waits here until the schedule lets it happen. */
export class Turns {
  #waiting: Waiting[] = [];
  readonly #dead = new Set<string>();

  get count(): number {
    return this.#waiting.length;
  }

  /** Waits for its turn; for ever, if its writer has died. */
  take(writer: string, weight: Weight = "silent"): Promise<Fate> {
    const { promise, resolve } = Promise.withResolvers<Fate>();
    if (!this.#dead.has(writer)) this.#waiting.push({ writer, weight, release: resolve });
    return promise;
  }

  /**
   * Lets one of the waiting effects happen, and all that follows from it up to the next effects.
   */
  async give(pick: number, fate: Fate): Promise<void> {
    const [next] = this.#waiting.splice(pick % Math.max(1, this.#waiting.length), 1);
    next?.release(fate);
    await settled();
  }

  /** Lets a writer go on by one visible effect or a pause, and by what it does unseen after it. */
  async advance(writer: string): Promise<void> {
    await this.#next(writer, this.isPausing(writer) ? "pause" : "visible");
    while (await this.#next(writer, "silent"));
  }

  /** True for a writer that does nothing others could see before it has looked again. */
  isPausing(writer: string): boolean {
    const own = this.#waiting.filter((one) => one.writer === writer);
    return own.length > 0 && own.every(({ weight }) => weight === "pause");
  }

  /** False when the writer has nothing of this weight to do. */
  async #next(writer: string, weight: Weight): Promise<boolean> {
    const at = this.#waiting.findIndex((one) => one.writer === writer && one.weight === weight);
    if (at < 0) return false;
    await this.give(at, { kind: "do" });
    return true;
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
