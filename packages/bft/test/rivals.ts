import { hasQuorum } from "@playbook/bft";
import { type ClusterModel, WATCHED } from "./cluster-model.ts";
import { rollOut, running } from "./rollout-model.ts";
import type { Scenario } from "./scenario.ts";

const MINUTE = 60_000;

/** How often Helm looks whether all is ready, in steps of the model. */
const POLL = 4;

/** What an hour cost a chain, as against the same hour in which nobody touched it. */
export type Toll = {
  blocksLost: number;
  /** Minutes without enough votes for a block. */
  withoutQuorum: number;
  /** Pods that were taken down while the quorum needed their votes. */
  breaches: ClusterModel["breaches"];
  /** Whether its validators still commit blocks at the end of that hour. */
  alive: boolean;
  /** Whether it ended by saying that something is left to be done. */
  warned: boolean;
};

type Tried = { cluster: ClusterModel; warned: boolean };

/** The ways of bringing a version about that are held against each other. */
export const ways = {
  ours: (scenario: Scenario) => {
    const { cluster, end } = rollOut(scenario);
    cluster.evictions = "open";
    return { cluster, warned: end.outcome !== "done" && end.outcome !== "taken-back" };
  },
  "all at once": (scenario: Scenario) => {
    const cluster = running(scenario);
    applyAll(cluster, scenario, "new");
    return { cluster, warned: false };
  },
  "helm --atomic": atomic,
} satisfies Record<string, (scenario: Scenario) => Tried>;

export type Way = keyof typeof ways;

/** `kubectl apply` of the sets as charts render them: each controller may do all that it will. */
function applyAll(cluster: ClusterModel, { set }: Scenario, version: string): void {
  cluster.apply(version);
  for (const { id } of set) cluster.letGo(id);
}

/** `helm upgrade --atomic`: waits until all is ready, and goes back when it is not in time. */
function atomic(scenario: Scenario): Tried {
  const cluster = running(scenario);
  applyAll(cluster, scenario, "new");
  if (isReadyInTime(cluster, scenario, "new")) return { cluster, warned: false };
  applyAll(cluster, scenario, "old");
  return { cluster, warned: !isReadyInTime(cluster, scenario, "old") };
}

/**
 * Helm's own default; a set that replaces its pods one after the other is given what that takes.
 */
function timeout({ ordered }: Scenario): number {
  return ordered ? 15 * MINUTE : 5 * MINUTE;
}

function isReadyInTime(cluster: ClusterModel, scenario: Scenario, version: string): boolean {
  const end = cluster.now + timeout(scenario);
  while (cluster.now < end) {
    for (let tick = 0; tick < POLL; tick += 1) cluster.tick();
    if (cluster.settledAt(version) && cluster.allReady()) return true;
  }
  return false;
}

/** What each way costs the chain in a scenario. */
export function tollsOf(scenario: Scenario): Record<Way, Toll> {
  const alone = running(scenario);
  alone.goOnUntil(WATCHED);
  const tollOf = (way: Way): Toll => {
    const { cluster, warned } = ways[way](scenario);
    cluster.goOnUntil(WATCHED);
    const { blocks, withoutQuorum } = cluster.watched;
    return {
      blocksLost: alone.watched.blocks - blocks,
      withoutQuorum: (withoutQuorum - alone.watched.withoutQuorum) / MINUTE,
      breaches: cluster.breaches,
      alive: hasQuorum(scenario.set, cluster.active()),
      warned,
    };
  };
  return {
    ours: tollOf("ours"),
    "all at once": tollOf("all at once"),
    "helm --atomic": tollOf("helm --atomic"),
  };
}
