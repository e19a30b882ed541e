import { setTimeout as sleep } from "node:timers/promises";
import { getBytes, id, keccak256, Signature, verifyMessage } from "ethers";
import type { AgentBehaviour } from "./agent-behaviour.ts";
import type { ValidatorSettings } from "./agent-settings.ts";
import {
  announcementDigest,
  announcementText,
  type Checkpoint,
  checkpointDigest,
  checkpointText,
} from "./checkpoint.ts";
import { CheckpointBucket } from "./checkpoint-bucket.ts";
import { KmsAccount } from "./kms-account.ts";
import { MerkleTree } from "./merkle-tree.ts";
import type { Metrics } from "./metrics.ts";
import { type Correctness, OriginChain } from "./origin-chain.ts";

/** What ends an agent, as a panic does. */
export class Panic extends Error {
  override readonly name = "Panic";
}

/** One in a task of its own, after which the real agent shuts down as if nothing were wrong. */
export class TaskPanic extends Panic {}

export type ValidatorOptions = {
  settings: ValidatorSettings;
  metrics: Metrics;
  /** Asked anew each time that it matters. */
  behaviour(): AgentBehaviour;
  say(message: string): void;
};

/** Follows a chain's merkle tree hook and signs each of its checkpoints. */
export class Validator {
  readonly #options: ValidatorOptions;
  readonly #chain: OriginChain;
  readonly #bucket: CheckpointBucket;
  readonly #account: KmsAccount;
  readonly #tree = new MerkleTree();
  #seen: number;
  /** Checkpoints that were made and not signed yet, in their order. */
  #unsigned: Checkpoint[] = [];

  private constructor(options: ValidatorOptions, account: KmsAccount) {
    const { settings } = options;
    this.#options = options;
    this.#chain = new OriginChain(settings);
    this.#bucket = new CheckpointBucket(settings.bucket);
    this.#account = account;
    this.#seen = settings.from - 1;
  }

  static async open(options: ValidatorOptions): Promise<Validator> {
    const account = await KmsAccount.open(options.settings.key);
    return new Validator(options, account);
  }

  /** Never ends, but by a Panic. What fails is tried again. */
  async run(): Promise<never> {
    await this.#assertNoReorg();
    await this.#again(() => this.#introduce());
    for (;;) {
      await this.#again(() => this.#round());
      await this.#pause();
    }
  }

  /** A flag that was set is for people to look at. What cannot be read counts as none. */
  async #assertNoReorg(): Promise<void> {
    const flag = await this.#bucket.read("reorg_flag.json").catch((error: Error) => {
      this.#options.say(`Failed to read reorg status: ${error.message}`);
      return undefined;
    });
    if (flag !== undefined) throw new Panic(`A reorg flag is set in the bucket: ${flag}`);
  }

  async #introduce(): Promise<void> {
    const { settings, metrics, say } = this.#options;
    const { domain, mailbox, chain, urls } = settings;
    const { address } = this.#account;
    const { location } = this.#bucket;
    const rpcs = urls.map((url) => ({ url_hash: id(url), host_hash: id(new URL(url).hostname) }));
    const metadata = { git_sha: "world", rpcs, additional_quorum_rpcs: [] };
    const text = JSON.stringify({ ...metadata, allows_public_rpcs: false }, null, 2);
    await this.#bucket.write("metadata_latest.json", text);

    const announcement = { validator: address, mailbox, domain, location };
    const signed = await this.#account.signMessage(getBytes(announcementDigest(announcement)));
    await this.#bucket.write(
      "announcement.json",
      announcementText(announcement, Signature.from(signed)),
    );
    while (!(await this.#chain.isAnnounced(address, location))) {
      say(`Announcing ${location} as ${address}`);
      await this.#chain.announce(this.#account, location, signed);
    }
    metrics.set("announced", { chain }, 1);
  }

  async #round(): Promise<void> {
    const { metrics, settings } = this.#options;
    const { chain } = settings;
    const correctness = await this.#chain.correctness();
    if (correctness.index < 0) return;
    const phase = (name: string) => ({ chain, phase: `validator_${name}` });
    metrics.set("latest_checkpoint", phase("observed"), correctness.index);
    await this.#take(correctness);
    if (this.#tree.count - 1 > correctness.index) return;
    await this.#assertCorrect(correctness);
    while (this.#unsigned[0] !== undefined) {
      const checkpoint = this.#unsigned[0];
      if (!(await this.#sign(checkpoint))) return;
      this.#unsigned.shift();
      metrics.set("latest_checkpoint", phase("processed"), checkpoint.index);
    }
    metrics.set("reached_initial_consistency", { chain }, 1);
    metrics.set("backfill_complete", { chain }, 1);
  }

  /** The insertions up to the block that counts. */
  async #take({ block }: Correctness): Promise<void> {
    if (block <= this.#seen) return;
    const { merkleTreeHook, domain } = this.#options.settings;
    for (const { messageId, index } of await this.#chain.insertions(this.#seen + 1, block)) {
      // Another message in a place that has one: the root will tell.
      if (index !== this.#tree.count) continue;
      this.#tree.insert(messageId);
      const root = this.#tree.root();
      this.#unsigned.push({ merkleTreeHook, domain, root, index, messageId });
    }
    this.#seen = block;
  }

  async #assertCorrect({ root, index }: Correctness): Promise<void> {
    const own = { root: this.#tree.root(), index: this.#tree.count - 1 };
    if (own.root === root && own.index === index) return;
    const event = {
      local_merkle_root: own.root,
      canonical_merkle_root: root,
      checkpoint_index: own.index,
      unix_timestamp: Math.floor(Date.now() / 1000),
      reorg_period: this.#options.settings.reorgPeriod,
    };
    await this.#bucket.write("reorg_flag.json", JSON.stringify(event));
    throw new TaskPanic("Incorrect tree root. Most likely a reorg has occurred.");
  }

  /** Whether it is signed now. */
  async #sign(right: Checkpoint): Promise<boolean> {
    const { stopsAt, delayMs, signsWrongRoot, signsWrongMessage } = this.#options.behaviour();
    if (stopsAt !== undefined && right.index >= stopsAt) return false;
    const checkpoint = {
      ...right,
      ...(signsWrongRoot && { root: keccak256(right.root) }),
      ...(signsWrongMessage && { messageId: keccak256(right.messageId) }),
    };
    const name = `checkpoint_${checkpoint.index}_with_id.json`;
    const before = await this.#bucket.read(name);
    if (before === undefined || !isOurs(before, checkpoint, this.#account.address)) {
      await sleep(delayMs ?? 0);
      const signed = await this.#account.signMessage(getBytes(checkpointDigest(checkpoint)));
      await this.#bucket.write(name, checkpointText(checkpoint, Signature.from(signed)));
    }
    await this.#bucket.write("checkpoint_latest_index.json", String(checkpoint.index));
    return true;
  }

  async #again(what: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await what();
      } catch (error) {
        if (error instanceof Panic) throw error;
        this.#options.say(`Error, trying again: ${(error as Error).message}`);
        await this.#pause();
      }
    }
  }

  #pause(): Promise<void> {
    return sleep(this.#options.settings.intervalMs);
  }
}

/** Whether a checkpoint in the bucket needs not be signed again. */
function isOurs(text: string, checkpoint: Checkpoint, signer: string): boolean {
  const { value, serialized_signature } = JSON.parse(text);
  const { root, messageId } = checkpoint;
  if (value.checkpoint.root !== root || value.message_id !== messageId) return false;
  return verifyMessage(getBytes(checkpointDigest(checkpoint)), serialized_signature) === signer;
}
