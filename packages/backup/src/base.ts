import { type Backup, isWhole, type Whole } from "./catalogue.ts";
import type { Manifest } from "./manifest.ts";

/**
 * What the validators of a restored chain begin with, to catch up from a node that has the backup:
 * the newest backup before it of the same chain that is still there; null for nothing but the
 * genesis.
 *
 * They cannot begin with the backup itself. A node proposes with its newest block's proof, and has
 * it only when it got that block from another node since it started. Source: Axon v0.3.1,
 * `Synchronization::save_chain_data` and `ConsensusEngine::get_block`.
 */
export function baseOf(catalogue: readonly Backup[], backup: Manifest): Whole | null {
  const whole = new Map(catalogue.filter(isWhole).map((each) => [each.id, each]));
  const before = backup.ancestors.flatMap((id) => whole.get(id) ?? []);
  return before.find(({ manifest }) => endsBefore(manifest, backup)) ?? null;
}

/**
 * Whether a backup's node was up again when the other's block was made: its data end before that.
 */
export function endsBefore(
  { begunAt, downMs }: Pick<Manifest, "begunAt" | "downMs">,
  { block }: Pick<Manifest, "block">,
): boolean {
  return Date.parse(begunAt) + downMs < 1_000 * block.timestamp;
}
