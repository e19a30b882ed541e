import type { Address } from "@playbook/evm";
import type { AgentKind } from "./agent-releases.ts";
import type { Quorum } from "./quorum.ts";

/** An agent in the middle of a rollout, as it was seen last. */
export type RollingAgent = {
  name: string;
  kind: AgentKind;
  group: string;
  address: Address;
  /** What is still to be done with it. */
  work: "install" | "change" | "retire" | null;
  /** Whether a validator signs and a relayer serves; null of a relayer that stands by. */
  isUp: boolean | null;
  /** Whether it is a relayer that stands by when its work is done. */
  willStandBy?: boolean;
};

export type RolloutView = {
  /** In the order in which they are rolled. */
  agents: RollingAgent[];
  /** Every set of every ISM that messages are checked against, on all chains. */
  quorums: Quorum[];
  /** Validators whose bucket has a reorg_flag.json. */
  flagged: Address[];
};

export type RolloutMove =
  | { kind: "move"; agent: RollingAgent }
  /** One that was moved, or fails by itself, is not there yet. */
  | { kind: "wait"; agent: RollingAgent }
  /** Whatever is left would take a set below its threshold. */
  | { kind: "blocked"; agent: RollingAgent; because: string }
  /** A chain was reorganised below what was signed: a person has to look, nothing is touched. */
  | { kind: "stop"; flagged: Address[] }
  | { kind: "done" };

/**
 * What a rollout of agents does next: one at a time, and a validator that signs only while every set
 * that counts on it reaches its threshold without it.
 */
export function nextMove(view: RolloutView): RolloutMove {
  const { agents, flagged } = view;
  if (flagged.length > 0) return { kind: "stop", flagged };

  const absent = agents.find(({ work, isUp }) => work === null && isUp === false);
  if (absent) return { kind: "wait", agent: absent };

  const left = agents.filter(({ work }) => work !== null);
  const judged = left.map((agent) => ({ agent, because: objection(agent, view) }));
  const free = judged.find(({ because }) => because === undefined);
  if (free) return { kind: "move", agent: free.agent };

  const [first] = judged;
  if (first?.because === undefined) return { kind: "done" };
  return { kind: "blocked", agent: first.agent, because: first.because };
}

/** All moves of a rollout in which everything goes well, and what blocks it in the end, if any. */
export function foresee(view: RolloutView): { moves: RollingAgent[]; end: RolloutMove } {
  const moves: RollingAgent[] = [];
  let { agents } = view;
  for (;;) {
    const move = nextMove({ ...view, agents });
    if (move.kind !== "move" && move.kind !== "wait") return { moves, end: move };
    const { agent } = move;
    if (move.kind === "move") moves.push(agent);
    agents = agents.flatMap((one) => (one === agent ? outcomeOf(agent) : [one]));
  }
}

function outcomeOf(agent: RollingAgent): RollingAgent[] {
  if (agent.work === "retire") return [];
  return [{ ...agent, work: null, isUp: agent.willStandBy ? null : true }];
}

function objection(agent: RollingAgent, view: RolloutView): string | undefined {
  return agent.kind === "validator" ? objectionOfSets(agent, view) : objectionOfGroup(agent, view);
}

function objectionOfSets(
  agent: RollingAgent,
  { agents, quorums }: RolloutView,
): string | undefined {
  const counting = quorums.filter(({ validators }) => validators.includes(agent.address));
  if (agent.work === "retire" && counting[0]) return `${counting[0].name} counts on it.`;
  if (agent.isUp !== true) return undefined;

  const signing = new Set(agents.filter(({ isUp }) => isUp === true).map((one) => one.address));
  signing.delete(agent.address);
  for (const { name, validators, threshold } of counting) {
    const without = validators.filter((one) => signing.has(one)).length;
    if (without < threshold) return `${name} would have ${without} signers of ${threshold}.`;
  }
  return undefined;
}

/** Of relayers of the same routes one serves at any time, if there are others that could. */
function objectionOfGroup(agent: RollingAgent, { agents }: RolloutView): string | undefined {
  if (agent.isUp !== true) return undefined;
  const others = agents.filter(
    (one) => one.kind === "relayer" && one.group === agent.group && one !== agent,
  );
  const active = others.filter((one) => one.work !== "retire" && servesOrWill(one));
  if (active.length === 0 || active.some(({ isUp }) => isUp === true)) return undefined;
  return `No other relayer of ${agent.group} serves.`;
}

/** One that stood by and is woken is waited for like one that is installed. */
function servesOrWill({ isUp, work, willStandBy }: RollingAgent): boolean {
  return isUp !== null || (work === "change" && willStandBy === false);
}
