import { type Metadata, metadataAt, setOf } from "@playbook/axon";
import type { NodeRpc } from "@playbook/backup";
import type { ValidatorSet } from "@playbook/bft";

type Read = (height: number) => Promise<Metadata>;

/**
 * Who votes from one height to another, each set that differs from the one before it, the newest
 * last.
 */
export async function votersOver(read: Read, from: number, to: number): Promise<ValidatorSet[]> {
  const sets: ValidatorSet[] = [];
  for (let at = from; ; ) {
    const first = { at, metadata: await read(at) };
    const end = Math.min(to, Math.max(at, Number(first.metadata.version.end)));
    const last = end === at ? first : { at: end, metadata: await read(end) };
    for (const metadata of await within(read, first, last)) {
      const set = setOf(metadata);
      if (JSON.stringify(set) !== JSON.stringify(sets.at(-1))) sets.push(set);
    }
    if (end >= to) return sets;
    at = end + 1;
  }
}

type Seen = { at: number; metadata: Metadata };

/**
 * What was so between two heights of an epoch, with both. axonweb3/axon changes nothing within one;
 * in el-axon a changed list votes for the next block, and may be changed back.
 */
async function within(read: Read, one: Seen, other: Seen): Promise<Metadata[]> {
  const both = [one.metadata, other.metadata];
  if (other.at - one.at <= 1 || isSame(one.metadata, other.metadata)) return both;
  const at = Math.floor((one.at + other.at) / 2);
  const middle = { at, metadata: await read(at) };
  return [...(await within(read, one, middle)), ...(await within(read, middle, other))];
}

/**
 * Whether nobody has come or gone between these. Whoever comes gets a count of proposals of its
 * own, also who has had one, and none is taken away in an epoch. Source: el-axon's
 * `update_validator_list`.
 */
function isSame(one: Metadata, other: Metadata): boolean {
  const text = (metadata: Metadata) =>
    JSON.stringify([setOf(metadata), metadata.propose_counter?.length]);
  return text(one) === text(other);
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
