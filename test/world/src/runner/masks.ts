/** Values that a run's log shows as `***`, as GitHub does it. */
export class Masks {
  readonly #values = new Set<string>();

  constructor(secrets: Iterable<string> = []) {
    for (const secret of secrets) this.add(secret);
  }

  /** Each line of a value is masked by itself: a log is masked line by line. */
  add(value: string): void {
    for (const part of [value, ...value.split(/\r?\n/)]) {
      if (part.trim()) this.#values.add(part);
    }
  }

  apply(text: string): string {
    // The longest first, or the rest of a longer one would be left.
    const values = [...this.#values].sort((a, b) => b.length - a.length);
    return values.reduce((masked, value) => masked.replaceAll(value, "***"), text);
  }
}
