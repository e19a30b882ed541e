import { begin, type Insight, look, type Member, type View } from "@playbook/bft";

export const ids = ["a", "b", "c", "d"];

/** A validator's pod, `axon-a-0` of validator a, at rest at its old revision. */
export function member(id: string, changes: Partial<Member> = {}): Member {
  return {
    ...{ id, pod: `axon-${id}-0`, incarnation: "1", revision: "old", wanted: "new" },
    ...{ released: false, resting: true, after: null, trouble: null, snapshot: "unwanted" },
    ...changes,
  };
}

/** What differs from four validators that all vote at one height. */
export type Difference = {
  now?: number;
  height?: number;
  members?: Member[];
  /** Heights of those nodes that are elsewhere; null of those that do not answer. */
  heights?: Record<string, number | null>;
  /** Who missed each turn to lead, and is in no proof. */
  silent?: string[];
};

/** A chain of four, as it is seen at one moment. */
export function sight({ now = 0, height = 100, heights = {}, ...rest }: Difference = {}): Insight {
  const { members = ids.map((id) => member(id)), silent = [] } = rest;
  const commits = Array.from({ length: 20 }, (_, index) => ({
    height: height - 19 + index,
    voters: new Set(ids.filter((id) => !silent.includes(id))),
    missed: new Set(silent),
  }));
  const nodes = ids.map((id) => ({ id, height: heights[id] === undefined ? height : heights[id] }));
  const view: View = {
    ...{ now, commits, members, evictions: "shut" },
    set: ids.map((id) => ({ id, weight: 1 })),
    timing: { interval: 1000, round: 3000, doublings: 5 },
    nodes: new Map(nodes.map((node) => [node.id, { ...node, peers: node.height && 3 }])),
  };
  return look(begin(view), view, { lag: 2, window: 8 }).seen;
}
