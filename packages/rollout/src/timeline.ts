import type { Insight, Member, Memory } from "@playbook/bft";

/** What a validator is doing, as the timeline draws it. */
export type Phase = "old" | "new" | "away" | "syncing" | "joining" | "silent" | "lost" | "failing";

type Span = { phase: Phase; from: number; to: number };

/** How each validator fared, and the chain, from look to look. Times in milliseconds. */
export class Timeline {
  readonly #spans = new Map<string, { pod: string; spans: Span[] }>();
  #head: { height: number; at: number } | undefined;
  #pause = 0;

  note(seen: Insight, direction: Memory["direction"]): void {
    for (const member of seen.members) {
      const { pod, spans } = this.#spans.get(member.id) ?? { pod: member.pod, spans: [] };
      const phase = phaseOf(member, seen, direction);
      const last = spans.at(-1);
      if (last) last.to = seen.now;
      if (last?.phase !== phase) spans.push({ phase, from: seen.now, to: seen.now });
      this.#spans.set(member.id, { pod, spans });
    }
    this.#noteHead(seen);
  }

  #noteHead({ head: height, now: at }: Insight): void {
    if (this.#head) this.#pause = Math.max(this.#pause, at - this.#head.at);
    if (height !== this.#head?.height) this.#head = { height, at };
  }

  /** The longest time in which no new block was seen. */
  get longestPause(): number {
    return this.#pause;
  }

  /** Whether every validator voted all the time, with the pod that it had. */
  get isEventless(): boolean {
    return [...this.#spans.values()].every(
      ({ spans: [first, ...others] }) =>
        others.length === 0 && (first?.phase === "old" || first?.phase === "new"),
    );
  }

  /** How long a validator did not vote, as far as that was seen. */
  absenceOf(id: string): number {
    const spans = this.#spans.get(id)?.spans ?? [];
    return spans
      .filter(({ phase }) => phase !== "old" && phase !== "new")
      .reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** A Gantt chart in Mermaid, which GitHub draws, a line each; empty when nothing was seen. */
  toString(): string {
    const all = [...this.#spans.values()].flatMap(({ spans }) => spans);
    const whole = Math.max(...all.map(({ to }) => to)) - Math.min(...all.map(({ from }) => from));
    if (!(whole > 0)) return "";
    const sections = [...this.#spans.values()].flatMap(({ pod, spans }) => [
      `  section ${pod}`,
      ...spans
        .filter(({ from, to }) => to - from >= whole * VISIBLE)
        .map((span) => taskOf(span, whole)),
    ]);
    const axis = whole > SHORT ? "%H:%M" : "%H:%M:%S";
    const gantt = ["gantt", "  dateFormat x", `  axisFormat ${axis}`, ...sections];
    return ["```mermaid", "---", "displayMode: compact", "---", ...gantt, "```"].join("\n");
  }
}

/** Grey is what was, blue what is, light who is on the way, and red who is missed. */
const STYLE: Record<Phase, string> = {
  old: "done, ",
  new: "",
  away: "active, ",
  syncing: "active, ",
  joining: "active, ",
  silent: "crit, ",
  lost: "crit, ",
  failing: "crit, ",
};

/** A longer one has no room for seconds at its axis. */
const SHORT = 5 * 60_000;

/** The part of the chart's width that can be seen; GitHub draws no chart of 50,000 letters. */
const VISIBLE = 1 / 300;

/** The part of the chart's width that a letter takes. */
const LETTER = 1 / 120;

/** A bar too short for its word has none: the word would lie on its neighbour. */
function taskOf({ phase, from, to }: Span, whole: number): string {
  const fits = (to - from) / whole >= phase.length * LETTER;
  return `  ${fits ? phase : NOTHING} :${STYLE[phase]}${from}, ${to}`;
}

/** Mermaid wants something for each bar, and takes spaces away. */
const NOTHING = "·";

function phaseOf(member: Member, seen: Insight, direction: Memory["direction"]): Phase {
  if (member.trouble !== null) return "failing";
  switch (seen.presences.get(member.id)?.state) {
    case "voting":
      return isNew(member, direction) ? "new" : "old";
    case "behind":
      return "syncing";
    case "joining":
      return "joining";
    case "silent":
      return "silent";
    default:
      return seen.moving.some(({ id }) => id === member.id) ? "away" : "lost";
  }
}

/** Whether a pod is of the revision that the rollout began to bring about, wherever it goes now. */
export function isNew({ revision, wanted }: Member, direction: Memory["direction"]): boolean {
  return (revision === wanted) === (direction === "forward");
}
