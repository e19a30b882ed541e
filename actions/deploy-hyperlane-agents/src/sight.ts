import type { Address } from "@playbook/evm";
import {
  type BucketSight,
  foresee,
  type RollingAgent,
  type RolloutView,
  type SeenQuorum,
  type SigningSight,
  silenceOf,
  type UnknownModule,
} from "@playbook/hyperlane";
import type { Unreached } from "./chains.ts";
import type { Entry } from "./entry.ts";

/** What is seen of an agent's pod. */
export type PodSight = {
  /** It is as its release has it, and answers. */
  isReady: boolean;
  /** Why it will not come up by itself; null when nothing says so. */
  trouble: string | null;
  /** It runs and is not ready: a relayer does so that goes on without one of its chains. */
  lacksChain: boolean;
};

/** One agent as it was seen at one moment. */
export type AgentSight = PodSight & {
  entry: Entry;
  /** Of validators. */
  bucket: BucketSight | null;
  signing: SigningSight | null;
  /** Whether it is a validator of a chain that does not answer: whether it signs is not known. */
  isUnseen: boolean;
};

/** All of it, as of one moment. */
export type Sight = {
  agents: AgentSight[];
  quorums: SeenQuorum[];
  /** Others' validators that sets count on, and that sign. */
  strangers: Address[];
  /** Others' validators that sets count on now, and whose bucket has a reorg_flag.json. */
  flagged: Address[];
  /** Modules that are not known, and may count on anybody. */
  unknown: UnknownModule[];
  /** What could be seen of nobody: whom these chains count on, and who signs for them. */
  unreached: Unreached[];
};

/** Why an agent is not up; undefined for one that is, or that stands by. */
export function absenceOf(seen: AgentSight): string | undefined {
  const { entry, isReady, trouble, lacksChain, signing, isUnseen } = seen;
  const { installed, group } = entry;
  if (!installed) return "It is not there.";
  if (isUnseen) return `${group} does not answer.`;
  if (installed.isStandby) return undefined;
  if (signing) return silenceOf(signing);
  if (isReady) return undefined;
  const lacking =
    "It runs and is not ready: its pod's events name the chain that it goes on without.";
  const why = lacksChain ? lacking : "Its pod is not ready.";
  return trouble ?? why;
}

/** What the rollout decides by. */
export function viewOf(sight: Sight): RolloutView {
  const { agents, quorums, strangers, unreached, unknown } = sight;
  return {
    agents: [...agents.map(rolling), ...strangers.map(stranger)],
    quorums,
    unreached: unreached.map(({ chain }) => chain),
    unknown,
    flagged: [...flaggedAmong(agents).map(({ entry }) => entry.address), ...sight.flagged],
  };
}

/** Those with a reorg_flag.json. Of whom a person has taken out of the list, it is decided. */
export function flaggedAmong(agents: readonly AgentSight[]): AgentSight[] {
  return agents.filter(({ entry, bucket }) => bucket?.isFlagged && entry.work !== "retire");
}

/** Whom what is not known leaves to the next run, by name: to be moved, or to be seen. */
export function leftIn(sight: Sight): string[] {
  const { end } = foresee(viewOf(sight));
  return end.kind === "left" ? end.agents.map(({ name }) => name) : [];
}

function rolling(sight: AgentSight): RollingAgent {
  const { name, kind, group, address, work, wanted, installed } = sight.entry;
  const isUnknown = sight.isUnseen || installed?.isStandby;
  return {
    ...{ name, kind, group, address, work },
    ...(kind === "relayer" && {
      chains: wanted?.needs.chains ?? [],
      lacksChain: sight.lacksChain,
    }),
    isUp: isUnknown ? null : absenceOf(sight) === undefined,
    willStandBy: wanted?.isStandby ?? false,
  };
}

/** Somebody else's validator is never moved, and never waited for. */
function stranger(address: Address): RollingAgent {
  return {
    ...{ name: address, kind: "validator", group: "others" },
    ...{ address, work: null, isUp: true },
  };
}
