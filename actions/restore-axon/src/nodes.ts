import { ActionError, type Context } from "@playbook/action";
import { type Ask as AxonAsk, readMetadata, setOf } from "@playbook/axon";
import {
  agree,
  isRunning,
  isSilence,
  type Manifest,
  NodeRpc,
  type Said,
  strangersAmong,
} from "@playbook/backup";
import type { ValidatorSet } from "@playbook/bft";
import { type KubeClient, pods, until } from "@playbook/kube";

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
        const said = await Promise.all(names.map((pod) => this.#said(pod)));
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

  /** Waits until the chain makes blocks, and all of these the same ones. */
  async advance(names: readonly string[]): Promise<number> {
    const from = Math.max(...(await this.agreed(names)).map(({ height }) => height ?? 0));
    const heights = await until(
      async () =>
        (await Promise.all(names.map((pod) => this.#said(pod)))).map(({ height }) => height),
      (all) => all.every((height) => height !== null && height > from),
      {
        what: `the restored chain goes on from block ${from}`,
        deadlineMs: this.#inputs.startTimeout,
        context: this.#context,
      },
    );
    const common = Math.min(...heights.map((height) => height ?? 0));
    await this.#same(names, common);
    return common;
  }

  /** Who votes, by the chain itself as it was backed up. */
  async validators(pod: string): Promise<ValidatorSet> {
    using node = this.rpc(pod);
    const ask: AxonAsk = (method, params) => node.ask(method, params);
    return setOf(readMetadata(await ask("axon_getCurrentMetadata")));
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

  async #said(pod: string): Promise<Said> {
    const silent: Said = { pod, height: null, hash: null, stateRoot: null };
    const said = await this.#heard(pod, async (node): Promise<Said> => {
      const [height, block] = await Promise.all([
        node.height(),
        node.block(this.#manifest.block.height),
      ]);
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

function differs(strangers: readonly Said[], { id, block }: Manifest): ActionError {
  return new ActionError("restored-differs", {
    what: `What was restored is not the chain of ${id}.`,
    why: strangers
      .map(({ pod, hash }) => `${pod} has ${hash} at block ${block.height}, and not ${block.hash}.`)
      .join("\n"),
    next: "Nothing was handed over, and its nodes are stopped. Restore another backup.",
  });
}

function splits(height: number, lines: string[]): ActionError {
  return new ActionError("restored-splits", {
    what: `The restored nodes do not have the same block ${height}.`,
    why: lines.join("\n"),
    next: "Nothing was handed over, and its nodes are stopped. Find out who else signs with their keys.",
  });
}
