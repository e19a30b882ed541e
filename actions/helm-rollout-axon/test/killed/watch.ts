import type { Cluster, Signatures, Vote } from "@playbook/world";

/** A validator's pod that was deleted, and when that was seen, in milliseconds since 1970. */
type Deletion = { pod: string; at: number };

/** Sees every pod of a namespace that is deleted, by whomever. */
export class PodWatch implements Disposable {
  readonly #stop: () => void;
  readonly #deletions = new Map<string, Deletion>();
  readonly since = Date.now();

  constructor({ api }: Cluster, namespace: string) {
    this.#stop = api.watch(`/api/v1/namespaces/${namespace}/pods`, {
      onSeen: ({ metadata: { uid = "", name, deletionTimestamp } }) => {
        if (!deletionTimestamp || this.#deletions.has(uid)) return;
        this.#deletions.set(uid, { pod: name, at: Date.now() });
      },
    });
  }

  get deletions(): Deletion[] {
    return [...this.#deletions.values()];
  }

  [Symbol.dispose](): void {
    this.#stop();
  }
}

/**
 * Validators that were deleted before every other one had voted since it was deleted itself: with
 * five of one weight that leaves fewer votes than commit a block. One that has voted for no block
 * since it was started has no vote to lose, nor has anybody on a chain that has made no block for
 * `idleMs`.
 */
export function rash(
  deletions: readonly Deletion[],
  signatures: Signatures,
  { idleMs = Number.POSITIVE_INFINITY } = {},
): string[] {
  const votes = signatures.votes().filter(isForBlock);
  const blocks = blockTimes(signatures);
  const pods = new Set(deletions.map(({ pod }) => pod));
  /** Whether it was deleted before, and has not voted between that and then. */
  const isAway = (pod: string, at: number) => {
    const gone = deletions.findLast((one) => one.pod === pod && one.at < at);
    return gone && !votes.some((vote) => isOf(vote.pod, pod) && votedIn(vote.at, gone.at, at));
  };
  return deletions.flatMap(({ pod, at }) => {
    const last = blocks.findLast((time) => time <= at) ?? 0;
    if (at - last > idleMs || isAway(pod, at)) return [];
    const absent = [...pods].filter((other) => other !== pod && isAway(other, at));
    return absent.map((other) => `${pod} was let go before ${other} voted again`);
  });
}

/** A vote that commits, and not one that gives a round up. */
function isForBlock({ step, hash }: Vote): boolean {
  return step === "precommit" && hash !== undefined && hash !== "0x";
}

/** A process that is being ended may still vote. */
const ENDING_MS = 500;

function votedIn(vote: number, gone: number, at: number): boolean {
  return vote > gone + ENDING_MS && vote <= at;
}

function isOf(voter: string, pod: string): boolean {
  return voter.endsWith(pod);
}

/** How long ago each pod has voted for a block, in milliseconds. */
export function lastVotes(signatures: Signatures, now: number): Map<string, number> {
  const votes = signatures.votes().filter(isForBlock);
  return new Map(votes.map(({ pod, at }) => [pod, now - at]));
}

/** The longest time between two blocks, in milliseconds. */
export function longestGap(signatures: Signatures, since: number): number {
  const times = blockTimes(signatures).filter((at) => at >= since);
  return Math.max(0, ...times.slice(1).map((at, before) => at - (times[before] ?? at)));
}

/** When each block came, by the first vote that committed it. */
function blockTimes(signatures: Signatures): number[] {
  const first = new Map<number, number>();
  for (const { height, at } of signatures.votes().filter(isForBlock)) {
    first.set(height, Math.min(at, first.get(height) ?? at));
  }
  return [...first.values()].sort((a, b) => a - b);
}
