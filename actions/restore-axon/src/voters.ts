import { type Metadata, readMetadata, setOf } from "@playbook/axon";
import type { NodeRpc } from "@playbook/backup";
import type { ValidatorSet } from "@playbook/bft";

/**
 * Who votes from one height to another, epoch by epoch, each set once and the newest last. What el-axon
 * changes within an epoch, and changes back, is not seen.
 */
export async function votersOver(
  read: (height: number) => Promise<Metadata>,
  from: number,
  to: number,
): Promise<ValidatorSet[]> {
  const sets: ValidatorSet[] = [];
  for (let at = from; ; ) {
    const metadata = await read(at);
    const set = setOf(metadata);
    if (JSON.stringify(set) !== JSON.stringify(sets.at(-1))) sets.push(set);
    if (at >= to) return sets;
    at = Math.min(to, Math.max(at, Number(metadata.version.end)) + 1);
  }
}

/** Who votes after a height that ends an epoch; undefined where it ends none, or is the newest. */
export async function votersAfter(
  node: NodeRpc,
  height: number,
  newest: number,
): Promise<ValidatorSet | undefined> {
  if (newest <= height) return undefined;
  const { version } = await metadataAt(node, height);
  return Number(version.end) === height ? setOf(await metadataAt(node, height + 1)) : undefined;
}

export async function metadataAt(node: NodeRpc, height: number): Promise<Metadata> {
  const at = `0x${height.toString(16)}`;
  return readMetadata(await node.ask("axon_getMetadataByNumber", [at]));
}
