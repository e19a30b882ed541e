import { ActionError, type Context } from "@playbook/action";
import { type Connection, type KubeClient, type Pod, podRpc, pods } from "@playbook/kube";
import { z } from "zod";
import type { Block } from "./manifest.ts";

export type Ask = (method: string, params?: unknown[]) => Promise<unknown>;

const hash = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/)
  .transform((digits) => digits.toLowerCase());

const quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]+$/)
  .transform(Number);

const header = z.object({
  number: quantity,
  hash,
  parentHash: hash,
  stateRoot: hash,
  timestamp: quantity,
});

/** A node that does not answer in this time is not there for now. */
const ANSWER_MS = 3_000;

/** A block as `eth_getBlockByNumber` answers it. Throws `bad-node-answer`. */
export function blockIn(answer: unknown): Block & { parentHash: string } {
  const { number, ...rest } = shaped("eth_getBlockByNumber", answer, header);
  return { height: number, ...rest };
}

/** What the JSON-RPC of a pod's node says; `port` is its port. */
export class NodeRpc implements Disposable {
  readonly pod: string;
  readonly #line;

  constructor(
    connection: Connection,
    target: { namespace: string; pod: string; port: number },
    context: Context,
  ) {
    this.pod = target.pod;
    this.#line = podRpc(connection, target, context);
  }

  ask(method: string, params: unknown[] = []): Promise<unknown> {
    return this.#line.call(method, params, { deadlineMs: ANSWER_MS });
  }

  /** null when it has no such block. */
  async block(height: number | "latest"): Promise<(Block & { parentHash: string }) | null> {
    const tag = height === "latest" ? height : `0x${height.toString(16)}`;
    const answer = await this.ask("eth_getBlockByNumber", [tag, false]);
    return answer === null ? null : blockIn(answer);
  }

  async height(): Promise<number> {
    return shaped("eth_blockNumber", await this.ask("eth_blockNumber"), quantity);
  }

  async isSyncing(): Promise<boolean> {
    return (await this.ask("eth_syncing")) !== false;
  }

  async chain(): Promise<{ id: string; genesisHash: string }> {
    const [id, genesis] = await Promise.all([this.ask("eth_chainId"), this.block(0)]);
    return { id: String(shaped("eth_chainId", id, quantity)), genesisHash: genesis?.hash ?? "" };
  }

  [Symbol.dispose](): void {
    this.#line[Symbol.dispose]();
  }
}

function shaped<Shape extends z.ZodType>(method: string, answer: unknown, shape: Shape) {
  const result = shape.safeParse(answer);
  if (result.success) return result.data;
  throw new ActionError("bad-node-answer", {
    what: `The answer to ${method} is not one of an Ethereum node's.`,
    why: z.prettifyError(result.error).replaceAll("\n", " "),
    next: "Give the port of the node's JSON-RPC with `rpc-port`.",
  });
}

type Place = { namespace: string; port: number };

type Head = { pod: string; height: number; timestamp: number };

/** The highest block that the running pods of these labels have; null when none of them answers. */
export async function headOf(
  kube: KubeClient,
  { labels, ...place }: Place & { labels: string },
  context: Context,
): Promise<Head | null> {
  const { namespace } = place;
  return headAmong(kube, await kube.list(pods, { namespace, labels }), place, context);
}

/** The same of these pods. */
export async function headAmong(
  kube: KubeClient,
  among: readonly Pod[],
  { namespace, port }: Place,
  context: Context,
): Promise<Head | null> {
  const asked = among.filter(isRunning);
  const heads = await Promise.all(
    asked.map(async ({ metadata: { name: pod } }) => {
      using node = new NodeRpc(kube.connection, { namespace, pod, port }, context);
      const latest = await node.block("latest").catch((error) => {
        if (context.signal.aborted || !isSilence(error)) throw error;
        return null;
      });
      return latest && { pod, height: latest.height, timestamp: latest.timestamp };
    }),
  );
  const known = heads.flatMap((head) => head ?? []);
  return known.sort((a, b) => b.height - a.height)[0] ?? null;
}

/**
 * Whether a node does not answer for now; what the cluster or its answer says against it is none.
 */
export function isSilence(error: unknown): boolean {
  return !(error instanceof ActionError) || error.code === "rpc-silent";
}

export function isRunning({ metadata, status }: Pod): boolean {
  return status?.phase === "Running" && metadata.deletionTimestamp === undefined;
}
