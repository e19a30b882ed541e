import type { Address } from "@playbook/evm";
import {
  type BucketSight,
  type RollingAgent,
  type RolloutView,
  type SeenQuorum,
  type SigningSight,
  silenceOf,
} from "@playbook/hyperlane";
import type { Entry } from "./entry.ts";

/** What is seen of an agent's pod. */
export type PodSight = {
  /** It is as its release has it, and answers. */
  isReady: boolean;
  /** Why it will not come up by itself; null when nothing says so. */
  trouble: string | null;
};

/** One agent as it was seen at one moment. */
export type AgentSight = PodSight & {
  entry: Entry;
  /** Of validators. */
  bucket: BucketSight | null;
  signing: SigningSight | null;
};

/** All of it, as of one moment. */
export type Sight = {
  agents: AgentSight[];
  quorums: SeenQuorum[];
  /** Others' validators that sets count on, and that sign. */
  strangers: Address[];
};

/** Why an agent is not up; undefined for one that is, or that stands by. */
export function absenceOf({ entry, isReady, trouble, signing }: AgentSight): string | undefined {
  const { installed } = entry;
  if (!installed) return "It is not there.";
  if (installed.isStandby) return undefined;
  if (signing) return silenceOf(signing);
  return isReady ? undefined : (trouble ?? "Its pod is not ready.");
}

/** What the rollout decides by. */
export function viewOf({ agents, quorums, strangers }: Sight): RolloutView {
  return {
    agents: [...agents.map(rolling), ...strangers.map(stranger)],
    quorums,
    flagged: agents.flatMap(({ entry, bucket }) => (bucket?.isFlagged ? [entry.address] : [])),
  };
}

function rolling(sight: AgentSight): RollingAgent {
  const { name, kind, group, address, work, wanted, installed } = sight.entry;
  return {
    ...{ name, kind, group, address, work },
    isUp: installed?.isStandby ? null : absenceOf(sight) === undefined,
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
