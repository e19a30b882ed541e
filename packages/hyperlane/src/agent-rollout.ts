import type { Address } from "@playbook/evm";
import type { AgentKind } from "./agent-releases.ts";
import { mayConcern, type UnknownModule } from "./chain-sight.ts";
import { type Quorum, weightIn } from "./quorum.ts";

/** An agent in the middle of a rollout, as it was seen last. */
export type RollingAgent = {
  name: string;
  kind: AgentKind;
  group: string;
  address: Address;
  /** What is still to be done with it. */
  work: "install" | "change" | "retire" | null;
  /**
   * Whether a validator signs and a relayer serves; null of a relayer that stands by, and of a
   * validator whose chain does not answer.
   */
  isUp: boolean | null;
  /** The chains that a relayer works on. */
  chains?: readonly string[];
  /** Whether a relayer that is not up serves the others of them. */
  lacksChain?: boolean;
  /** Whether it is a relayer that stands by when its work is done. */
  willStandBy?: boolean;
};

export type RolloutView = {
  /** In the order in which they are rolled. */
  agents: RollingAgent[];
  /** Every set of every ISM that messages are checked against, on all chains. */
  quorums: Quorum[];
  /** Chains that do not answer: whom they count on, and who signs for them, is not known. */
  unreached: readonly string[];
  /** Modules of ISMs that are not known: whom they count on is not known either. */
  unknown: readonly UnknownModule[];
  /** Validators whose bucket has a reorg_flag.json. */
  flagged: Address[];
};

export type RolloutMove =
  | { kind: "move"; agent: RollingAgent }
  /** One that was moved, or fails by itself, is not there yet. */
  | { kind: "wait"; agent: RollingAgent }
  /** Whatever is left would take a set below its threshold. */
  | { kind: "blocked"; agent: RollingAgent; because: string }
  /** What is not known leaves these to the next run: to be moved, or to be seen. */
  | { kind: "left"; agents: RollingAgent[] }
  /** A chain was reorganised below what was signed: a person has to look, nothing is touched. */
  | { kind: "stop"; flagged: Address[] }
  | { kind: "done" };

/**
 * What a rollout of agents does next: one at a time, and a validator that signs only while every
 * set that counts on it reaches its threshold without it. A chain that does not answer may count on
 * any validator, and a relayer that starts would go on without it; it holds nobody else up. A
 * module that is not known may as well, for ever: it keeps validators from retiring, and not from
 * being moved.
 */
export function nextMove(view: RolloutView): RolloutMove {
  const { agents, flagged } = view;
  if (flagged.length > 0) return { kind: "stop", flagged };

  const seen = agents.filter((one) => !isUnseen(one, view));
  const certain = seen.filter((one) => !isDoubtful(one, view));
  const doubtful = seen.filter((one) => isDoubtful(one, view));
  // Those that may fail with a chain come last: whoever is held at one has held up nobody else.
  return stepAmong(certain, view) ?? stepAmong(doubtful, view) ?? endOf(view);
}

/** Whether its chain does not answer, which alone can say whether it signs. */
function isUnseen({ kind, group }: RollingAgent, { unreached }: RolloutView): boolean {
  return kind === "validator" && unreached.includes(group);
}

function isDoubtful({ chains = [] }: RollingAgent, { unreached }: RolloutView): boolean {
  return chains.some((one) => unreached.includes(one));
}

/** Whether it goes on without a chain, and may reach none that it lacks by another start. */
function isUnmendable(agent: RollingAgent, view: RolloutView): boolean {
  return agent.isUp === false && agent.lacksChain === true && isDoubtful(agent, view);
}

/** Waits for one of these, or moves one. */
function stepAmong(agents: RollingAgent[], view: RolloutView): RolloutMove | undefined {
  const absent = agents.find((one) => {
    return one.work === null && one.isUp === false && !isUnmendable(one, view);
  });
  if (absent) return { kind: "wait", agent: absent };
  const free = agents.find((one) => one.work !== null && objection(one, view) === undefined);
  return free && { kind: "move", agent: free };
}

/** When there is nobody to move or to wait for. */
function endOf(view: RolloutView): RolloutMove {
  const left = view.agents.filter(
    (one) => one.work !== null || isUnseen(one, view) || isUnmendable(one, view),
  );
  if (left.length === 0) return { kind: "done" };
  for (const agent of left) {
    const { isSure, because } = objection(agent, view) ?? {};
    if (isSure && because !== undefined) return { kind: "blocked", agent, because };
  }
  return { kind: "left", agents: left };
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

/** Why an agent is not moved, and whether that is so whatever a chain says that does not answer. */
type Objection = { because: string; isSure: boolean };

function objection(agent: RollingAgent, view: RolloutView): Objection | undefined {
  if (agent.kind === "validator") return objectionOfSets(agent, view) ?? doubtAbout(agent, view);
  return objectionOfGroup(agent, view) ?? doubtAboutStart(agent, view);
}

function objectionOfSets(agent: RollingAgent, view: RolloutView): Objection | undefined {
  const counting = view.quorums.filter(({ validators }) => validators.includes(agent.address));
  if (agent.work === "retire" && counting[0]) {
    return { because: `${counting[0].name} counts on it.`, isSure: true };
  }
  if (agent.isUp !== true) return undefined;
  const short = counting
    .map((set) => shortageOf(set, agent, view))
    .filter((one) => one !== undefined);
  return short.find(({ isSure }) => isSure) ?? short[0];
}

/** What a set lacks without one; for sure, if it would lack it though all signed who may. */
function shortageOf(
  quorum: Quorum,
  { address }: RollingAgent,
  view: RolloutView,
): Objection | undefined {
  const { name, validators, threshold } = quorum;
  const { agents, unreached } = view;
  const others = validators.filter((one) => one !== address);
  const signing = new Set(agents.filter(({ isUp }) => isUp === true).map((one) => one.address));
  const left = others.filter((one) => signing.has(one));
  const without = weightIn(quorum, left);
  if (without >= threshold) return undefined;
  const seen = new Set(agents.filter((one) => !isUnseen(one, view)).map((one) => one.address));
  const unseen = unreached.length > 0 ? others.filter((one) => !seen.has(one)) : [];
  const unit = quorum.weights ? "of a weight" : "signers";
  const because = `${name} would have ${without} ${unit} of ${threshold}.`;
  return { because, isSure: without + weightIn(quorum, unseen) < threshold };
}

/** One that does not sign can be moved whoever counts on it; but not taken away. */
function doubtAbout(agent: RollingAgent, view: RolloutView): Objection | undefined {
  const { isUp, work, group } = agent;
  if (isUnseen(agent, view)) return { because: `${group} does not answer.`, isSure: false };
  const [first] = view.unreached;
  if (first !== undefined && (isUp === true || work === "retire")) {
    return { because: `${first} does not answer, and may count on it.`, isSure: false };
  }
  const foreign = view.unknown.find((one) => mayConcern(one, group));
  if (foreign === undefined || work !== "retire") return undefined;
  const { chain, address } = foreign;
  const because = `${address} on ${chain} is a module that is not known, and may count on it.`;
  return { because, isSure: false };
}

/** Of relayers of the same routes one serves at any time, if there are others that could. */
function objectionOfGroup(agent: RollingAgent, view: RolloutView): Objection | undefined {
  if (agent.isUp !== true) return undefined;
  const { agents } = view;
  const others = agents.filter(
    (one) => one.kind === "relayer" && one.group === agent.group && one !== agent,
  );
  const active = others.filter((one) => one.work !== "retire" && servesOrWill(one));
  if (active.length === 0 || active.some(({ isUp }) => isUp === true)) return undefined;
  const isLeft = active.some((one) => one.work !== null && doubtAboutStart(one, view));
  return { because: `No other relayer of ${agent.group} serves.`, isSure: !isLeft };
}

/**
 * A relayer that does not reach a chain as it starts goes on without it, and asks it no more. One
 * that is down starts again in any case.
 */
function doubtAboutStart(agent: RollingAgent, { unreached }: RolloutView): Objection | undefined {
  const { work, isUp, willStandBy, lacksChain, chains = [] } = agent;
  const away = chains.find((one) => unreached.includes(one));
  const isDown = work === "change" && isUp === false && !lacksChain;
  if (away === undefined || work === "retire" || willStandBy || isDown) return undefined;
  return { because: `${away} does not answer, and it would go on without it.`, isSure: false };
}

/** One that stood by and is woken is waited for like one that is installed. */
function servesOrWill({ isUp, work, willStandBy }: RollingAgent): boolean {
  return isUp !== null || (work === "change" && willStandBy === false);
}
