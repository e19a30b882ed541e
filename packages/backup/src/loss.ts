import type { Block } from "./manifest.ts";

/** What a chain that goes on from a backup has lost. */
export type Loss =
  | { known: true; from: number; to: number; blocks: number; ms: number }
  /** In words, what may be lost, and why nobody knows it. */
  | { known: false; text: string };

/**
 * What is known of the chain that the backup was made of; null when nobody can be asked. `hash` is
 * that of its block at the backup's height; null when it has none.
 */
export type Old = { height: number; timestamp: number; hash: string | null } | null;

/**
 * Blocks after `block`, up to where the old chain got. Heights are compared only where it has that
 * very block: after a restore with loss there are two chains of one genesis. Timestamps are in
 * seconds.
 */
export function lossOf(block: Block, old: Old): Loss {
  if (!old) return unknown(block, "the old chain gives no answer");
  if (old.height < block.height || old.hash === null) {
    return unknown(block, `the old chain answers from block ${old.height}, before the backup's`);
  }
  if (old.hash !== block.hash) return parted(block);
  const blocks = old.height - block.height;
  const ms = blocks === 0 ? 0 : Math.max(0, old.timestamp - block.timestamp) * 1_000;
  return { known: true, from: block.height + 1, to: old.height, blocks, ms };
}

function unknown({ height }: Block, why: string): Loss {
  return {
    known: false,
    text: `every block from ${height + 1} on, as many as there are: ${why}`,
  };
}

function parted({ height }: Block): Loss {
  const text =
    `every block since the old chain and the backup's parted, at block ${height} or before: the ` +
    `old chain has another block ${height}`;
  return { known: false, text };
}

/**
 * Whether a restore may go on: nothing is lost, or a person has named the height to which the chain
 * goes back. A height that was meant for another backup is no consent.
 */
export function isAccepted(loss: Loss, block: Block, acceptLoss: number | undefined): boolean {
  if (loss.known && loss.blocks === 0) return true;
  return acceptLoss === block.height;
}

export function lossText(loss: Loss): string {
  if (!loss.known) return loss.text;
  if (loss.blocks === 0) return "no block";
  const range = loss.blocks === 1 ? `block ${loss.from}` : `blocks ${loss.from} to ${loss.to}`;
  return `${range}, ${loss.blocks} in all, ${timeText(loss.ms)} of the chain`;
}

export function timeText(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
