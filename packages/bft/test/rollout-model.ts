import { begin, type Decision, type Memory, type Policy, step, turnBack } from "@playbook/bft";
import { ClusterModel } from "./cluster-model.ts";
import type { Scenario } from "./scenario.ts";

export const policy: Policy = {
  budget: 60 * 60_000,
  member: 10 * 60_000,
  patience: 5 * 60_000,
  dialling: 90_000,
  controller: 30_000,
  lag: 2,
  window: 20,
  reversible: true,
};

export type Run = {
  cluster: ClusterModel;
  end: Extract<Decision, { do: "end" }>;
  /** What was done, in order, with the truth at that moment. */
  deeds: Deed[];
  /** Milliseconds that the rollout took. */
  took: number;
};

export type Deed = {
  do: "let-go" | "delete";
  id: string;
  at: number;
  back: boolean;
  evictions: "open" | "shut";
  /** Whether it had a vote to lose. */
  voted: boolean;
  /** Whether it could be seen in the blocks who votes. */
  known: boolean;
  /** Whether the votes commit blocks, before it and without it. */
  before: boolean;
  after: boolean;
  /** Others that were let go and were not up again. */
  underWay: number;
  /** Height of the chain, and whether it has the fork, if this is about one. */
  height: number;
  settled: boolean;
  /** Whether there is no way back from that fork any more. */
  bound: boolean;
  /** Whether the chain was seen to stand still. */
  stalled: boolean;
};

const POLL = 4;
const LONGEST = 24 * 60 * 60_000;

/** The cluster of a scenario when its chain has run for half a minute. */
export function running(scenario: Scenario): ClusterModel {
  const cluster = new ClusterModel(scenario);
  for (let tick = 0; tick < 60; tick += 1) cluster.tick();
  return cluster;
}

/** A whole rollout over the model, as an action does it: look, decide, do, wait. */
export function rollOut(scenario: Scenario, limits: Policy = policy): Run {
  const cluster = running(scenario);
  const began = cluster.now;
  cluster.apply("new");
  let memory = begin(cluster.view());
  const deeds: Deed[] = [];
  while (cluster.now < LONGEST) {
    const next = step(memory, cluster.view(), limits);
    memory = next.memory;
    if (next.decision.do === "end") {
      return { cluster, end: next.decision, deeds, took: cluster.now - began };
    }
    memory = act(next, cluster, deeds);
    for (let tick = 0; tick < POLL; tick += 1) cluster.tick();
  }
  throw new Error(`The rollout of seed ${scenario.seed} does not end.`);
}

function act(
  { decision, memory, seen }: ReturnType<typeof step>,
  cluster: ClusterModel,
  deeds: Deed[],
): Memory {
  if (decision.do === "shut-evictions") cluster.evictions = "shut";
  if (decision.do === "turn-back") {
    cluster.apply("old");
    return turnBack(memory, cluster.now);
  }
  if (decision.do !== "let-go" && decision.do !== "delete") return memory;
  const { id } = decision.member;
  const back = memory.direction === "back";
  const active = cluster.active();
  const left = new Set([...active].filter((each) => each !== id));
  deeds.push({
    do: decision.do,
    id,
    at: cluster.now,
    back,
    known: cluster.isKnown(back),
    evictions: cluster.evictions,
    voted: active.has(id),
    before: cluster.canCommit(active),
    after: cluster.canCommit(left),
    underWay: cluster.underWay(id),
    height: cluster.chain.height,
    settled: cluster.chain.determined !== null,
    bound: seen.bound,
    stalled: seen.stalled,
  });
  if (decision.do === "let-go") cluster.letGo(id);
  else cluster.remove(id);
  return memory;
}
