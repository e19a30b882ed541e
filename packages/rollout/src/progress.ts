import {
  type Decision,
  type Insight,
  type Member,
  type Memory,
  quorum,
  weightOf,
} from "@playbook/bft";
import { isNew } from "./timeline.ts";

/** One line for each validator: where it is, whether it votes, and how many votes there are. */
export function progressLines(seen: Insight, direction: Memory["direction"]): string[] {
  const width = Math.max(0, ...seen.members.map(({ pod }) => pod.length));
  const votes = `votes ${weightOf(seen.set, seen.voting)}, needed ${quorum(seen.set)}`;
  return [
    `block ${seen.head}, ${votes}, evictions ${seen.evictions}`,
    ...seen.members.map((member) => {
      const state = seen.presences.get(member.id)?.state ?? "unknown";
      const revision = member.revision === null ? "---" : isNew(member, direction) ? "new" : "old";
      const fork = seen.fork?.readiness.get(member.id);
      const is = fork === undefined ? state : `${state}, fork ${fork}`;
      return `  ${member.pod.padEnd(width)}  ${revision}  ${placeOf(member, seen)}, ${is}`;
    }),
  ];
}

/** A node's height, how far it is behind, and its peers. */
function placeOf({ id }: Member, { nodes, head }: Insight): string {
  const { height = null, peers = null } = nodes.get(id) ?? {};
  const place = height === null ? "no answer" : `${height} (${height - head})`;
  return peers === null ? place : `${place}, ${peers} peers`;
}

/** What is done next, for a person. */
export function saying(decision: Decision): string {
  switch (decision.do) {
    case "wait":
      return `Waiting for ${decision.for}.`;
    case "bear":
      return "It goes on without these connections.";
    case "shut-evictions":
      return "No validator may be evicted from now on.";
    case "snapshot":
      return `A snapshot of ${decision.member.pod}'s volume is taken.`;
    case "let-go":
      return `${decision.member.pod} is let go.`;
    case "delete":
      return `${decision.member.pod} is deleted: its controller does not replace it by itself.`;
    case "turn-back":
      return `It is taken back: ${decision.failure.why}`;
    case "end":
      return `It ends: ${decision.outcome}.`;
  }
}
