import { ActionError, type Context } from "@playbook/action";
import { metadataAt, readBuild } from "@playbook/axon";
import {
  agree,
  type Block,
  isRunning,
  isSilence,
  type Manifest,
  NodeRpc,
  type Said,
  strangersAmong,
} from "@playbook/backup";
import type { ValidatorSet } from "@playbook/bft";
import { type KubeClient, pods, until } from "@playbook/kube";
import { votersAfter, votersOver } from "./voters.ts";

/** How often it is told how far nodes are that catch up. */
const PROGRESS_MS = 30_000;

/** A block that nodes are to have. */
export type Goal = Pick<Block, "height" | "hash">;

type GettingOn = {
  /** What they do not do when they do not get on. */
  what: string;
  goal: Goal;
  isDone: (said: Said[]) => boolean;
};

export type NodeInputs = { namespace: string; rpcPort: number; startTimeout: number };

/** The nodes of a restored chain, as their JSON-RPC tells. */
export class Nodes {
  readonly #kube: KubeClient;
  readonly #inputs: NodeInputs;
  readonly #manifest: Manifest;
  readonly #context: Context;

  constructor(kube: KubeClient, inputs: NodeInputs, manifest: Manifest, context: Context) {
    this.#kube = kube;
    this.#inputs = inputs;
    this.#manifest = manifest;
    this.#context = context;
  }

  rpc(pod: string): NodeRpc {
    const { namespace, rpcPort: port } = this.#inputs;
    return new NodeRpc(this.#kube.connection, { namespace, pod, port }, this.#context);
  }

  /**
   * Waits until every one of these has the backup's block, with its hash and state. Throws
   * `restored-differs` as soon as one has another.
   */
  async agreed(names: readonly string[]): Promise<Said[]> {
    const { block } = this.#manifest;
    return until(
      async () => {
        const said = await Promise.all(names.map((pod) => this.#said(pod, block.height)));
        const strangers = strangersAmong(said, block);
        if (strangers.length > 0) throw differs(strangers, this.#manifest);
        return said;
      },
      (said) => agree(said, block),
      {
        what: `${names.join(", ")} have block ${block.height}`,
        deadlineMs: this.#inputs.startTimeout,
        context: this.#context,
      },
    );
  }

  /**
   * How far validators have to catch up with this node: to its newest block that has its own proof.
   */
  async goal(pod: string): Promise<Goal> {
    using node = this.rpc(pod);
    const newest = await node.block("latest");
    const isProven = !this.#manifest.source.follows || newest?.height === 0;
    const block = isProven || !newest ? newest : await node.block(newest.height - 1);
    if (!block) throw new Error(`${pod} has its backup's block, and no newest one.`);
    return block;
  }

  /**
   * Waits until a node has the block that is to be caught up with, for as long as it gets on, and
   * has taken it in. Throws `restored-differs` when it has another, `restored-stands` when it gets
   * no further.
   */
  async caughtUp(pod: string, goal: Goal): Promise<void> {
    const { id } = this.#manifest;
    await this.#gettingOn([pod], {
      what: `catch up with block ${goal.height}`,
      goal,
      isDone: ([said]) => {
        const isOther = said && said.hash !== null && said.hash !== goal.hash;
        if (isOther) throw differs([said], { id, block: goal });
        return said?.hash === goal.hash;
      },
    });
    await until(
      () => this.#heard(pod, (node) => node.isSyncing()),
      (isSyncing) => isSyncing === false,
      {
        what: `${pod} is in step with what it has`,
        deadlineMs: this.#inputs.startTimeout,
        context: this.#context,
      },
    );
  }

  /** Whether one of these is beyond a block: the chain went on. */
  async isBeyond(names: readonly string[], goal: Goal): Promise<boolean> {
    const said = await Promise.all(names.map((pod) => this.#said(pod, goal.height)));
    return said.some(({ height, hash }) => hash === goal.hash && (height ?? 0) > goal.height);
  }

  /** Waits until all of these are beyond a block and what they are at now, with the same blocks. */
  async advance(names: readonly string[], goal: Goal): Promise<number> {
    const now = await Promise.all(names.map((pod) => this.#said(pod, goal.height)));
    const from = now.reduce((highest, { height }) => Math.max(highest, height ?? 0), goal.height);
    const said = await this.#gettingOn(names, {
      what: `go on from block ${from}`,
      goal,
      isDone: (all) => all.every(({ height }) => height !== null && height > from),
    });
    const common = Math.min(...said.map(({ height }) => height ?? 0));
    await this.#same(names, common);
    return common;
  }

  /** Whether a node's newest block is one of another's chain, which is ahead of it. */
  async isOn(pod: string, other: string): Promise<boolean> {
    const own = await this.#heard(pod, (node) => node.block("latest"));
    if (!own) return false;
    const seen = await this.#heard(other, (node) => node.block(own.height));
    return seen?.hash === own.hash;
  }

  /** Throws `restored-stands` when one of them gets no further for too long before all is done. */
  async #gettingOn(names: readonly string[], { what, goal, isDone }: GettingOn): Promise<Said[]> {
    const context = this.#context;
    const { startTimeout } = this.#inputs;
    const began = context.clock.now();
    const best = new Map(names.map((pod) => [pod, { height: -1, since: began }]));
    let told = began;
    const onLook = (said: Said[]) => {
      const now = context.clock.now();
      for (const { pod, height } of said) {
        if ((height ?? -1) > (best.get(pod)?.height ?? -1)) {
          best.set(pod, { height: height ?? -1, since: now });
        }
      }
      const idle = [...best.values()].some(({ since }) => now - since > startTimeout);
      if (idle) throw stands(said, what, startTimeout);
      if (now - told < PROGRESS_MS) return;
      told = now;
      context.progress(said.map(({ pod, height }) => `${pod} ${heightText(height)}`).join(", "));
    };
    return until(() => Promise.all(names.map((pod) => this.#said(pod, goal.height))), isDone, {
      ...{ what: `${names.join(", ")} ${what}`, context, onLook },
      deadlineMs: Number.POSITIVE_INFINITY,
    });
  }

  /**
   * The first block of the epoch whose keys are read by who starts in it; null where a node reads
   * keys with every block.
   */
  async epochToRead(pod: string, { height }: Goal): Promise<number | null> {
    using node = this.rpc(pod);
    const params = [`0x${height.toString(16)}`];
    if (readBuild(await node.ask("axon_getBlockById", params)) === "el-axon") return null;
    const { version } = await metadataAt(node, height);
    return Number(version.start);
  }

  /** Waits until a node is at a height, for as long as it gets on. Throws `restored-stands`. */
  async reached(pod: string, from: number, goal: Goal): Promise<void> {
    await this.#gettingOn([pod], {
      what: `get to block ${from}`,
      goal,
      isDone: ([said]) => (said?.height ?? -1) >= from,
    });
  }

  /** How far a node is, once it answers. */
  async height(pod: string): Promise<number> {
    const height = await until(
      () => this.#heard(pod, (node) => node.height()),
      (said) => said !== null,
      { what: `${pod} answers`, deadlineMs: this.#inputs.startTimeout, context: this.#context },
    );
    return height ?? 0;
  }

  /** Who votes from one height to another, by the chain itself as it was backed up. */
  async validators(pod: string, from: number, to: number): Promise<ValidatorSet[]> {
    using node = this.rpc(pod);
    return await votersOver((at) => metadataAt(node, at), from, to);
  }

  /** Who votes after a goal that is the last block of its epoch. */
  async validatorsAfter(pod: string, { height }: Goal): Promise<ValidatorSet | undefined> {
    using node = this.rpc(pod);
    return await votersAfter(node, height, await node.height());
  }

  async #same(names: readonly string[], height: number): Promise<void> {
    const hashAt = async (node: NodeRpc) => (await node.block(height))?.hash ?? "none";
    const hashes = await until(
      () => Promise.all(names.map((pod) => this.#heard(pod, hashAt))),
      (all) => all.every((hash) => hash !== null),
      {
        what: `${names.join(", ")} say what their block ${height} is`,
        deadlineMs: this.#inputs.startTimeout,
        context: this.#context,
      },
    );
    checkSame(height, new Map(names.map((pod, at) => [pod, hashes[at] ?? "none"])));
  }

  async #said(pod: string, at: number): Promise<Said> {
    const silent: Said = { pod, height: null, hash: null, stateRoot: null };
    const said = await this.#heard(pod, async (node): Promise<Said> => {
      const [height, block] = await Promise.all([node.height(), node.block(at)]);
      return { pod, height, hash: block?.hash ?? null, stateRoot: block?.stateRoot ?? null };
    });
    return said ?? silent;
  }

  /** What a node answers; null while it does not. */
  async #heard<Answer>(
    pod: string,
    ask: (node: NodeRpc) => Promise<Answer>,
  ): Promise<Answer | null> {
    const { namespace } = this.#inputs;
    const there = await this.#kube.find({ resource: pods, name: pod, namespace });
    if (!there || !isRunning(there)) return null;
    using node = this.rpc(pod);
    try {
      return await ask(node);
    } catch (error) {
      if (this.#context.signal.aborted || !isSilence(error)) throw error;
      return null;
    }
  }
}

/** That all nodes have one block of a height, by their hashes. Throws `restored-splits`. */
export function checkSame(height: number, hashes: ReadonlyMap<string, string>): void {
  if (new Set(hashes.values()).size <= 1) return;
  throw splits(
    height,
    [...hashes].map(([pod, hash]) => `${pod}: ${hash}`),
  );
}

type Differing = { id: string; block: { height: number; hash: string } };

function differs(strangers: readonly Said[], { id, block }: Differing): ActionError {
  return new ActionError("restored-differs", {
    what: `What was restored is not the chain of ${id}.`,
    why: strangers
      .map(({ pod, hash }) => `${pod} has ${hash} at block ${block.height}, and not ${block.hash}.`)
      .join("\n"),
    next: "Nothing was handed over, and its nodes are stopped. Restore another backup.",
  });
}

function stands(said: readonly Said[], what: string, ms: number): ActionError {
  return new ActionError("restored-stands", {
    what: `The restored validators do not ${what}.`,
    why:
      said.map(({ pod, height }) => `${pod} ${heightText(height)}.`).join("\n") +
      `\nOne of them has got no further in ${Math.round(ms / 1_000)} s.`,
    next: "See their logs, and run this again: it goes on from what is there.",
  });
}

function heightText(height: number | null): string {
  return height === null ? "does not answer" : `is at block ${height}`;
}

function splits(height: number, lines: string[]): ActionError {
  return new ActionError("restored-splits", {
    what: `The restored nodes do not have the same block ${height}.`,
    why: lines.join("\n"),
    next:
      "Nothing was handed over, and its nodes are stopped. Find " +
      "out who else signs with their keys.",
  });
}
