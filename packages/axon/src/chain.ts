import type { Commit, Timing, ValidatorSet } from "@playbook/bft";
import { type Metadata, readMetadata } from "./metadata.ts";
import { readProof, votersOf } from "./proof.ts";

/** What is asked of a node. */
export type Ask = (method: string, params?: unknown[]) => Promise<unknown>;

/** Axon counts the steps of a round in tenths of the interval. */
const TENTHS = 10;

/** Overlord doubles a round's time so often: MAX_TIMEOUT_COEF. */
const DOUBLINGS = 5;

/** How many blocks' proofs are kept: everybody leads once in as many as there are validators. */
export function windowOf(set: ValidatorSet): number {
  return 2 * set.length;
}

/** The validators of a metadata, in the order in which Overlord counts them. */
export function setOf({ verifier_list }: Metadata): ValidatorSet {
  return [...verifier_list]
    .sort((a, b) => (a.pub_key < b.pub_key ? -1 : 1))
    .map(({ pub_key, vote_weight }) => ({ id: pub_key.toLowerCase(), weight: vote_weight }));
}

export function timingOf({ consensus_config: config }: Metadata): Timing {
  const interval = Number(config.interval);
  const ratios = config.propose_ratio + config.prevote_ratio + config.precommit_ratio;
  const brake = config.brake_ratio;
  return { interval, round: (interval * Number(ratios + brake)) / TENTHS, doublings: DOUBLINGS };
}

/**
 * Who leads a round of a height: Overlord's rotation, by the largest prime below the number of
 * validators (`rotation_leader_index`).
 */
export function leaderOf(set: ValidatorSet, height: number, round: number): string {
  const count = BigInt(set.length);
  const step = BigInt(primeBelow(set.length));
  const index = (BigInt(height) * step + BigInt(round)) % count;
  return set[Number(index)]?.id ?? "";
}

/** Whether a proof names the same voters by the one as by the other. */
function isSameSet(one: Metadata, other: Metadata): boolean {
  const text = (metadata: Metadata) => JSON.stringify(setOf(metadata));
  return text(one) === text(other);
}

function primeBelow(limit: number): number {
  for (let candidate = limit - 1; candidate >= 2; candidate -= 1) {
    if (isPrime(candidate)) return candidate;
  }
  return 1;
}

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor += 1) {
    if (number % divisor === 0) return false;
  }
  return number >= 2;
}

/** What the header of a block tells of the block before it; null for the first. */
export async function commitBefore(
  height: number,
  metadata: Metadata,
  ask: Ask,
): Promise<Commit | null> {
  const proof = readProof(await ask("axon_getProofById", [`0x${height.toString(16)}`]));
  if (!proof || proof.number === 0n) return null;
  const set = setOf(metadata);
  const commit = Number(proof.number);
  const missed = Array.from({ length: Number(proof.round) }, (_, round) =>
    leaderOf(set, commit, round),
  );
  const voters = votersOf(proof, metadata.verifier_list);
  return {
    height: commit,
    voters: new Set(voters.map(({ pub_key }) => pub_key.toLowerCase())),
    missed: new Set(missed),
  };
}

/**
 * An Axon chain as its nodes tell it, block by block. A proof is read by the set that has voted for
 * its block: what was read before another set came is forgotten. With `fresh`, so is what was
 * before the first look, where a set could have changed unseen.
 */
export class AxonChain {
  #commits: Commit[] = [];
  #metadata: Metadata | undefined;
  #since = 0;
  readonly #fresh: boolean;

  constructor({ fresh = false }: { fresh?: boolean } = {}) {
    this.#fresh = fresh;
  }

  get commits(): readonly Commit[] {
    return this.#commits;
  }

  get metadata(): Metadata {
    if (!this.#metadata) throw new Error("The chain has not been read yet.");
    return this.#metadata;
  }

  get set(): ValidatorSet {
    return setOf(this.metadata);
  }

  get timing(): Timing {
    return timingOf(this.metadata);
  }

  /**
   * The block from whose successor on this set is known to vote; 0 when it was not seen to begin.
   */
  get since(): number {
    return this.#since;
  }

  /** Where a node is. */
  async answer(ask: Ask): Promise<{ height: number; peers: number }> {
    const [height, peers] = await Promise.all([ask("eth_blockNumber"), ask("net_peerCount")]);
    return { height: Number(height), peers: Number(peers) };
  }

  /** Reads what is new up to a height. */
  async read(head: number, ask: Ask): Promise<void> {
    const metadata = readMetadata(await ask("axon_getCurrentMetadata"));
    if (this.#metadata ? !isSameSet(this.#metadata, metadata) : this.#fresh) {
      this.#since = Number(await ask("eth_blockNumber"));
      this.#commits = [];
    }
    this.#metadata = metadata;
    const window = windowOf(setOf(metadata));
    const known = this.#commits.at(-1)?.height ?? this.#since;
    const first = Math.max(known + 2, head - window + 1, 2);
    for (let height = first; height <= head; height += 1) {
      const commit = await commitBefore(height, metadata, ask);
      if (commit) this.#commits.push(commit);
    }
    this.#commits = this.#commits.slice(-window);
  }
}
