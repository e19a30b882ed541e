/** The things that are to happen to a run, and whether they do. */
export class Strikes {
  /** How often each has happened, and has to happen. */
  readonly #all: { count: () => number; wanted: number }[] = [];
  /** Transactions that had landed when something happened in the middle. */
  readonly #landed: number[] = [];
  #failure: unknown;

  add(count: () => number, times = 1): void {
    this.#all.push({ count, wanted: times === Infinity ? 1 : times });
  }

  /** Something that happens once; what goes wrong with it is not the run's fault. */
  once(act: () => unknown): () => Promise<void> {
    let struck = false;
    this.add(() => Number(struck));
    return async () => {
      if (struck) return;
      struck = true;
      try {
        await act();
      } catch (error) {
        this.#failure ??= error;
        throw error;
      }
    };
  }

  /** Something happens when so many transactions have landed. */
  after(landed: number): void {
    this.#landed.push(landed);
  }

  /** Throws when what was to go wrong with so many steps did not come about. */
  check(steps: number, who: "ours" | "forge"): void {
    if (this.#failure) throw this.#failure;
    const counts = this.#all.map(({ count }) => count());
    const missed = this.#all.filter(({ wanted }, at) => (counts[at] ?? 0) < wanted).length;
    // Of forge one is enough: it may be over after the first.
    const isOver = counts.length > 0 && counts.every((count) => count === 0);
    if (isOver || (who === "ours" && missed > 0)) {
      throw new Error(`Of ${counts.length} things that were to happen, ${missed} did not.`);
    }
    const early = this.#landed.find((landed) => landed === 0 || landed >= steps);
    if (early !== undefined) throw new Error(`It was not in the middle: ${early} had landed.`);
  }
}
