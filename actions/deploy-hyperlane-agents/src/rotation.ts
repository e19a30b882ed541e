import { ActionError, type Context } from "@playbook/action";
import {
  anybody,
  countCheckpoints,
  mayConcern,
  nextInRotation,
  type RotationStep,
} from "@playbook/hyperlane";
import { type AgentSight, type Sight, viewOf } from "./sight.ts";

/** One validator in the place of another, by the names of their releases. */
export type Rotation = { retiring: string; successor: string };

/** Where a rotation stands: the one thing that is to be done next, and where. */
export type RotationSight = Rotation & { step: RotationStep["kind"]; chains: readonly string[] };

/** What each rotation does next, by what is there. Throws `bad-rotation`. */
export async function lookAtRotations(
  asked: readonly Rotation[],
  sight: Sight,
  context: Context,
): Promise<RotationSight[]> {
  return Promise.all(
    asked.map(async (rotation) => {
      const pair = pairOf(rotation, sight);
      return { ...rotation, ...shown(await stepOf(pair, sight, context)) };
    }),
  );
}

type Pair = { retiring: AgentSight | undefined; successor: AgentSight };

/** The retiring one may be gone already: then the rotation is done. */
function pairOf({ retiring, successor }: Rotation, { agents }: Sight): Pair {
  const named = (name: string) =>
    agents.find(({ entry }) => entry.name === name && entry.kind === "validator");
  const [old, next] = [named(retiring), named(successor)];
  if (!next) throw badRotation(`There is no validator ${successor} in the list of agents.`);
  const isAstray = old && old.entry.group !== next.entry.group;
  if (isAstray) throw badRotation(`${retiring} and ${successor} sign for different chains.`);
  return { retiring: old, successor: next };
}

async function stepOf(
  { retiring, successor }: Pair,
  sight: Sight,
  context: Context,
): Promise<RotationStep> {
  if (!retiring) return { kind: "done" };
  const quorums = sight.quorums.filter(({ isCurrent }) => isCurrent);
  const { unreached, flagged } = viewOf(sight);
  const foreign = sight.unknown.filter((one) => mayConcern(one, retiring.entry.group));
  return nextInRotation({
    ...{ retiring: retiring.entry.address, successor: successor.entry.address },
    // Whose they are is found out by who changes them.
    quorums: quorums.map((one) => ({ ...one, isOurs: true })),
    isInstalled: {
      retiring: retiring.entry.installed !== null,
      successor: successor.entry.installed !== null,
    },
    isAnnounced: successor.signing?.isAnnounced ?? false,
    hasCaughtUp: await hasAll(successor, context),
    ...{ unreached, isOriginUnreached: successor.isUnseen, flagged },
    unknown: chainsOf(foreign),
  });
}

/** Whether it has signed every message that there is, and not the newest alone. */
async function hasAll({ entry, signing }: AgentSight, context: Context): Promise<boolean> {
  const bucket = entry.wanted?.needs.bucket;
  if (!signing || !bucket) return false;
  const { count, newest } = signing;
  if (count > 0 && !(newest.isThere && newest.flaw === null)) return false;
  return (await countCheckpoints(bucket, anybody(context))) >= count;
}

function shown(step: RotationStep): Pick<RotationSight, "step" | "chains"> {
  switch (step.kind) {
    case "change":
      return { step: step.kind, chains: chainsOf(step.broadcast) };
    case "await-finality":
    case "await-answer":
    case "await-word":
      return { step: step.kind, chains: step.chains };
    case "refused":
      return { step: step.kind, chains: chainsOf([step.quorum]) };
    default:
      return { step: step.kind, chains: [] };
  }
}

function chainsOf(quorums: readonly { chain: string }[]): string[] {
  return [...new Set(quorums.map(({ chain }) => chain))].sort();
}

const NEXT: Record<RotationSight["step"], string> = {
  install: "`mode: apply` installs the new one.",
  "await-announcement":
    "The new one has to announce its bucket: see that it runs, and can pay for it.",
  "await-signatures": "The new one is still signing what may have to be delivered.",
  change:
    "Put the new one's address in the place of the old one's in the core " +
    "configs of these chains, and release them.",
  "await-finality": "These chains could still take the change back: wait.",
  "await-answer": "These chains do not answer, and may count on the old one: see to their nodes.",
  "await-word":
    "Modules of these chains are not known, and may count on the old one: see for yourself, " +
    "then name them in `allow-unknown-isms`.",
  retire: "Take the old one out of the list of agents: nothing counts on it any more.",
  refused: "A set has both of them, and would have one fewer: change it by hand first.",
  stop: "A validator has a reorg_flag.json: find out what happened first.",
  done: "It is done.",
};

/** For a person: where it stands, and what to do. */
export function rotationText({ retiring, successor, step, chains }: RotationSight): string {
  const where = chains.length > 0 ? ` (${chains.join(", ")})` : "";
  return `**${retiring} → ${successor}**: ${NEXT[step]}${where}`;
}

function badRotation(why: string): ActionError {
  return new ActionError("bad-rotation", {
    what: "What is to be rotated is not known.",
    why,
    next: "Write `validator-<chain>-<old> = validator-<chain>-<new>`, and list the new one.",
  });
}
