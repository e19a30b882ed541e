import { type Metadata, metadataAt, setOf } from "@playbook/axon";
import { type Beginning, isSilence } from "@playbook/backup";
import { until } from "@playbook/kube";
import { isLate } from "./in-step.ts";
import type { Parts } from "./take.ts";

/** How far the clocks of validators and that of a volume's storage may be apart. */
const CLOCKS_MS = 5_000;

/** What a chain says of its blocks; `time` is in milliseconds. */
export type Told = {
  newest: number;
  metadata: (height: number) => Promise<Metadata>;
  time: (height: number) => Promise<number>;
};

/** From which block on a backup's data may end, and when they were snapshotted. */
export type Span = { from: number; takenAt: number };

/**
 * The last block of an epoch, before other validators, that a backup may end with; null when there
 * is none. With which block the data end does not show: with the one that was seen before the node
 * was stopped, or with one that was made between then and the snapshot.
 */
export async function epochEndIn(chain: Told, { from, takenAt }: Span): Promise<number | null> {
  for (let at = from; at < chain.newest; ) {
    const end = Math.max(at, Number((await chain.metadata(at)).version.end));
    if (end >= chain.newest || (await chain.time(end)) > takenAt + CLOCKS_MS) return null;
    const [now, next] = await Promise.all([chain.metadata(end), chain.metadata(end + 1)]);
    if (JSON.stringify(setOf(now)) !== JSON.stringify(setOf(next))) return end;
    at = end + 1;
  }
  return null;
}

type Looked = Pick<Parts, "source" | "snapshots" | "inputs" | "context">;

/**
 * The same of a backup that is taken, by the chain as it has gone on since. What a node does not
 * say is no reason to have no backup: that is a warning.
 */
export async function epochEndOf(
  { source, snapshots, context }: Looked,
  { id, block }: Beginning,
): Promise<number | null> {
  const takenAt = await snapshots.takenAt(id);
  using node = source.rpc();
  const time = async (height: number) => 1_000 * ((await node.block(height))?.timestamp ?? 0);
  const metadata = (height: number) => metadataAt(node, height);
  try {
    const newest = await node.height();
    return await epochEndIn({ newest, metadata, time }, { from: block.height, takenAt });
  } catch (error) {
    if (context.signal.aborted) throw error;
    context.warn(`Whether other validators vote after backup ${id} is not known: ${textOf(error)}`);
    return null;
  }
}

/**
 * Waits until what a backup would begin with is past a block; false when the chain does not get
 * there.
 */
export async function isPast({ source, inputs, context }: Looked, end: number): Promise<boolean> {
  const proven = source.validator === undefined ? end + 2 : end + 1;
  const height = async () => {
    using node = source.rpc();
    try {
      return await node.height();
    } catch (error) {
      if (context.signal.aborted || !isSilence(error)) throw error;
      return -1;
    }
  };
  let last = -1;
  const look = async () => {
    last = await height();
    return last;
  };
  await until(look, (at) => at >= proven, {
    what: `${source.pod} is past block ${end}`,
    ...{ deadlineMs: inputs.syncTimeout, context },
  }).catch((error) => {
    if (!isLate(error)) throw error;
  });
  return last >= proven;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
