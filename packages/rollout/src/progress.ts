import { type Insight, quorum, weightOf } from "@playbook/bft";

/** One line for each validator: where it is, whether it votes, and how many votes there are. */
export function progressLines(seen: Insight): string[] {
  const width = Math.max(...seen.members.map(({ pod }) => pod.length));
  const votes = `votes ${weightOf(seen.set, seen.voting)}, needed ${quorum(seen.set)}`;
  return [
    `block ${seen.head}, ${votes}, evictions ${seen.evictions}`,
    ...seen.members.map((member) => {
      const node = seen.nodes.get(member.id);
      const height = node?.height ?? null;
      const place = height === null ? "no answer" : `${height} (${height - seen.head})`;
      const state = seen.presences.get(member.id)?.state ?? "unknown";
      const revision = member.revision === member.wanted ? "new" : "old";
      const peers = node?.peers === null || node === undefined ? "" : `, ${node.peers} peers`;
      return `  ${member.pod.padEnd(width)}  ${member.revision ? revision : "---"}  ${place}${peers}, ${state}`;
    }),
  ];
}
