import type { Cluster, Signatures } from "@playbook/world";

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
 * five of one weight that leaves fewer votes than commit a block.
 */
export function rash(deletions: readonly Deletion[], signatures: Signatures): string[] {
  const votes = signatures.votes().filter(({ step }) => step === "precommit");
  const pods = new Set(deletions.map(({ pod }) => pod));
  return deletions.flatMap(({ pod, at }) => {
    const others = [...pods].filter((other) => other !== pod);
    const absent = others.filter((other) => {
      const gone = deletions.findLast((one) => one.pod === other && one.at <= at);
      return gone && !votes.some((vote) => isOf(vote.pod, other) && votedIn(vote.at, gone.at, at));
    });
    return absent.map((other) => `${pod} was let go before ${other} voted again`);
  });
}

/** A process that is being ended may still vote. */
const ENDING_MS = 500;

function votedIn(vote: number, gone: number, at: number): boolean {
  return vote > gone + ENDING_MS && vote <= at;
}

function isOf(voter: string, pod: string): boolean {
  return voter.endsWith(pod);
}

/** The longest time between two blocks, by the first votes that committed each, in milliseconds. */
export function longestGap(signatures: Signatures, since: number): number {
  const first = new Map<number, number>();
  for (const { step, height, at } of signatures.votes()) {
    if (step !== "precommit" || at < since) continue;
    first.set(height, Math.min(at, first.get(height) ?? at));
  }
  const times = [...first].sort(([a], [b]) => a - b).map(([, at]) => at);
  return Math.max(0, ...times.slice(1).map((at, before) => at - (times[before] ?? at)));
}
