import { ActionError, type Context, goOn } from "@playbook/action";
import { isRunning, isSilence, NodeRpc } from "@playbook/backup";
import { type KubeClient, pods, type StatefulSet, statefulSets } from "@playbook/kube";
import { type Ask, type ForkStatus, placesOf } from "@playbook/rollout";

/** What one node says of a fork. */
export type Node = {
  pod: string;
  /** null when it does not answer. */
  height: number | null;
  status: ForkStatus;
  /** Of the first block under the new rules; null while it has none. */
  hash: string | null;
};

/** Blocks under the new rules that every node has to have. */
export const FOLLOWING = 2;

export type Standing =
  | { is: "coming"; head: number }
  /** Its block came, and the chain has no such fork. */
  | { is: "missed"; head: number }
  | { is: "behind"; head: number; pods: string[] }
  | { is: "divided"; head: number; pods: string[] }
  | { is: "followed"; head: number };

/** Where the nodes stand with a fork at a height, all of them. */
export function standingOf(nodes: readonly Node[], fork: number): Standing {
  const head = Math.max(0, ...nodes.map(({ height }) => height ?? 0));
  if (head < fork) return { is: "coming", head };
  const best = nodes.filter(({ height }) => height === head);
  if (best.every(({ status }) => status !== "enabled")) return { is: "missed", head };
  const hashes = Map.groupBy(
    nodes.filter(({ hash }) => hash !== null),
    ({ hash }) => hash,
  );
  const [most, ...others] = [...hashes.values()].sort((a, b) => b.length - a.length);
  if (most && others.length > 0) {
    return { is: "divided", head, pods: others.flat().map(({ pod }) => pod) };
  }
  const late = nodes.filter(
    ({ height, status }) => (height ?? 0) < fork + FOLLOWING || status !== "enabled",
  );
  if (late.length > 0) return { is: "behind", head, pods: late.map(({ pod }) => pod) };
  return { is: "followed", head };
}

export type Following = {
  namespace: string;
  /** Whether a set has nodes of the chain. */
  isOfChain: (set: StatefulSet) => boolean;
  port: number;
  height: number;
  status: (ask: Ask) => Promise<ForkStatus>;
  /** For the next block to come, and from the fork's block on for all nodes to have followed. */
  patience: number;
};

const POLL_MS = 1_000;
const PROGRESS_MS = 10_000;

/**
 * Waits for a fork's block, and until all nodes that there are to be have enabled it and have
 * blocks after it. Throws `fork-missed`, `fork-divided`, `fork-not-followed`, `chain-stands-still`.
 */
export async function follow(
  kube: KubeClient,
  following: Following,
  context: Context,
): Promise<Node[]> {
  const { clock, signal } = context;
  const { height, patience } = following;
  let told = 0;
  let highest = { head: 0, at: clock.now() };
  let reached: number | null = null;
  for (;;) {
    goOn(context);
    const nodes = await nodesOf(kube, following, context);
    const standing = standingOf(nodes, height);
    if (standing.is === "followed") return nodes;
    const now = clock.now();
    if (standing.head > highest.head) highest = { head: standing.head, at: now };
    if (standing.is === "behind") reached ??= now;
    const spent = now - (standing.is === "behind" ? (reached ?? now) : highest.at);
    const failure = failureOf(standing, { height, patience, spent, nodes });
    if (failure) throw failure;
    if (now - told >= PROGRESS_MS) {
      told = now;
      const others = standing.is === "behind" ? `, waiting for ${standing.pods.join(", ")}` : "";
      context.progress(`block ${standing.head}, the fork is at ${height}${others}`);
    }
    await clock.sleep(POLL_MS, signal);
  }
}

type Waited = {
  height: number;
  patience: number;
  /** Since the last block came, or since the fork's block. */
  spent: number;
  nodes: readonly Node[];
};

/** Why it is of no use to wait longer; null while it is. */
export function failureOf(
  standing: Standing,
  { height, patience, spent, nodes }: Waited,
): ActionError | null {
  if (standing.is === "missed") return missed(height);
  if (standing.is === "divided") return divided(height, standing.pods);
  if (spent <= patience) return null;
  if (standing.is === "coming") return standsStill(height, standing.head, patience, nodes);
  return standing.is === "behind" ? notFollowed(height, standing.pods, patience) : null;
}

/** All nodes that the sets are to have, and not those alone that run. */
async function nodesOf(
  kube: KubeClient,
  { namespace, isOfChain, port, height, status }: Following,
  context: Context,
): Promise<Node[]> {
  const [sets, all] = await Promise.all([
    kube.list(statefulSets, { namespace }),
    kube.list(pods, { namespace }),
  ]);
  const running = new Set(all.filter(isRunning).map(({ metadata }) => metadata.name));
  return Promise.all(
    placesOf(sets.filter(isOfChain)).map(async ({ pod }): Promise<Node> => {
      const silent: Node = { pod, height: null, status: "unknown", hash: null };
      if (!running.has(pod)) return silent;
      using rpc = new NodeRpc(kube.connection, { namespace, pod, port }, context);
      try {
        const head = await rpc.height();
        const block = head >= height ? await rpc.block(height) : null;
        const ask: Ask = (method, params) => rpc.ask(method, params);
        return { pod, height: head, status: await status(ask), hash: block?.hash ?? null };
      } catch (error) {
        if (signalled(context) || !isSilence(error)) throw error;
        return silent;
      }
    }),
  );
}

function signalled({ signal }: Context): boolean {
  return signal.aborted;
}

function missed(height: number): ActionError {
  return new ActionError("fork-missed", {
    what: `Block ${height} has come, and the fork is not there.`,
    why: "No block before it was committed that carries the fork. The nodes have dropped it.",
    next:
      "See in the nodes' logs why the blocks of prepared " +
      "leaders were refused; then run this again.",
  });
}

function standsStill(
  height: number,
  head: number,
  patience: number,
  nodes: readonly Node[],
): ActionError {
  const silent = nodes.filter((node) => node.height === null).map(({ pod }) => pod);
  const who = silent.length > 0 ? ` ${silent.join(", ")} do not answer.` : "";
  return new ActionError("chain-stands-still", {
    what: `The chain stands still before the fork at block ${height}.`,
    why:
      `The last block seen is ${head}, and for ` +
      `${Math.round(patience / 1_000)} s none came.${who}`,
    next: "Bring validators back until it goes on; then run this again, which waits for the fork.",
  });
}

function divided(height: number, names: string[]): ActionError {
  return new ActionError("fork-divided", {
    what: `${names.join(", ")} have another block ${height} than the others.`,
    why: "They run a build that does not know the fork, or knows it otherwise.",
    next: "Stop them, give them the others' build, and a volume that is restored or empty.",
  });
}

function notFollowed(height: number, names: string[], patience: number): ActionError {
  return new ActionError("fork-not-followed", {
    what: `${names.join(", ")} have not followed the fork at block ${height}.`,
    why:
      `${Math.round(patience / 1_000)} s after it they do not run, are behind ` +
      "it, or do not say that it is enabled.",
    next: "See their logs; the chain goes on without them. Run this again to look once more.",
  });
}
