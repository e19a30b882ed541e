import type { Insight, Member } from "@playbook/bft";

/** What a validator is doing, as the timeline draws it. */
export type Phase = "old" | "new" | "replaced" | "starting" | "syncing" | "silent" | "voting";

type Span = { phase: Phase; from: number; to: number };

/** How each validator fared, from look to look. */
export class Timeline {
  readonly #spans = new Map<string, { pod: string; spans: Span[] }>();
  #began: number | undefined;

  note(seen: Insight): void {
    this.#began ??= seen.now;
    for (const member of seen.members) {
      const { pod, spans } = this.#spans.get(member.id) ?? { pod: member.pod, spans: [] };
      const phase = phaseOf(member, seen);
      const last = spans.at(-1);
      if (last) last.to = seen.now;
      if (last?.phase !== phase) spans.push({ phase, from: seen.now, to: seen.now });
      this.#spans.set(member.id, { pod, spans });
    }
  }

  /** A Gantt chart in Mermaid, which GitHub draws; empty when nothing was seen. */
  toString(): string {
    const began = this.#began;
    if (began === undefined) return "";
    const time = (at: number) => Math.round((at - began) / 1000);
    const sections = [...this.#spans.values()].flatMap(({ pod, spans }) => [
      `  section ${pod}`,
      ...spans
        .filter(({ from, to }) => time(to) > time(from))
        .map(
          ({ phase, from, to }) => `  ${LABEL[phase]} :${STYLE[phase]}${time(from)}, ${time(to)}`,
        ),
    ]);
    return ["```mermaid", "gantt", "  dateFormat X", "  axisFormat %M:%S", ...sections, "```"].join(
      "\n",
    );
  }
}

const LABEL: Record<Phase, string> = {
  old: "old revision, voting",
  new: "new revision, voting",
  replaced: "replaced",
  starting: "starting",
  syncing: "syncing",
  silent: "not voting",
  voting: "voting",
};

const STYLE: Record<Phase, string> = {
  old: "",
  new: "done, ",
  replaced: "crit, ",
  starting: "active, ",
  syncing: "active, ",
  silent: "crit, ",
  voting: "done, ",
};

function phaseOf({ id, revision, wanted }: Member, { presences }: Insight): Phase {
  const state = presences.get(id)?.state;
  if (revision === null) return "replaced";
  if (state === "voting") return revision === wanted ? "new" : "old";
  if (state === "behind") return "syncing";
  return state === "unreachable" ? "starting" : "silent";
}
