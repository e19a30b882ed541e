import { readFile } from "node:fs/promises";

/** A line that a validator has written before it signed, or as it started. */
export type Signed = {
  /** The BLS public key, in hexadecimal. */
  key: string;
  process: number;
  /** Which pod it was, if it was one. */
  pod: string;
  /** In milliseconds since 1970. */
  at: number;
} & (
  | { event: "started" | "twice" }
  | { event?: undefined; step: "propose" | "prevote" | "precommit" | "choke"; height: number }
);

/** What was voted for; `0x` is for no block. */
export type Vote = Signed & { step: string; height: number; round: number; hash?: string };

export type Equivocation = { key: string; step: string; height: number; round: number };

/** What a world's validators have signed: all of it, whether anybody heard of it or not. */
export class Signatures {
  readonly lines: readonly Signed[];

  constructor(lines: readonly Signed[]) {
    this.lines = lines;
  }

  static async read(path: string): Promise<Signatures> {
    const text = await readFile(path, "utf8").catch(() => "");
    // A line is written at once, but a file can be read in the middle of one.
    const whole = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
    return new Signatures(whole.filter((line) => line !== "").map((line) => JSON.parse(line)));
  }

  /**
   * Keys that have voted for two different blocks at one height, round and step. A leader that is
   * started again proposes anew, which Overlord allows: proposals are no votes.
   */
  equivocations(): Equivocation[] {
    const first = new Map<string, string | undefined>();
    const found = new Map<string, Equivocation>();
    for (const { key, step, height, round, hash } of this.votes()) {
      if (step !== "prevote" && step !== "precommit") continue;
      const place = `${key} ${step} ${height} ${round}`;
      if (!first.has(place)) first.set(place, hash);
      else if (first.get(place) !== hash) found.set(place, { key, step, height, round });
    }
    return [...found.values()];
  }

  /** Keys that a process has started with while another one that has them was alive. */
  usedTwice(): string[] {
    return [...new Set(this.lines.filter((line) => line.event === "twice").map(({ key }) => key))];
  }

  votes(): Vote[] {
    return this.lines.filter((line): line is Vote => line.event === undefined);
  }
}
