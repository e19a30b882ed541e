import type { Block } from "./manifest.ts";

/** What a chain that goes on from a backup has lost. */
export type Loss =
  | { known: true; from: number; to: number; blocks: number; ms: number }
  | { known: false; from: number };

/** What is known of the chain that the backup was made of; null when nobody can be asked. */
export type Old = { height: number; timestamp: number } | null;

/** Blocks after `block`, up to where the old chain got. Timestamps are in seconds. */
export function lossOf(block: Block, old: Old): Loss {
  if (!old) return { known: false, from: block.height + 1 };
  const blocks = Math.max(0, old.height - block.height);
  const ms = blocks === 0 ? 0 : Math.max(0, old.timestamp - block.timestamp) * 1_000;
  return {
    known: true,
    from: block.height + 1,
    to: Math.max(block.height, old.height),
    blocks,
    ms,
  };
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
  if (!loss.known)
    return `every block from ${loss.from} on, as many as there are: the old chain gives no answer`;
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
