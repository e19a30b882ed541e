import type { Observation } from "./progress.ts";

/**
 * How many transactions one account may have under way at a node. Nodes drop silently beyond a
 * limit of theirs, after having returned a hash; the window finds that limit as TCP finds a
 * network's.
 */
export type Window = {
  size: number;
  /** Below it the window doubles; from there on it grows by one. */
  threshold: number;
  /** Nonces given to the node since the window was last judged: from the account's next one on. */
  round: { from: number; to: number } | null;
  /**
   * Whether the node has shown that `pending` counts what its pool holds. Many always say `latest`.
   */
  countsPending: boolean;
};

const WIDEST = 512;

export function openWindow(size: number): Window {
  return { size, threshold: WIDEST, round: null, countsPending: false };
}

/** After a nonce was given to the node, when `next` was the account's next one. */
export function fill(window: Window, next: number, to: number): Window {
  return { ...window, round: { from: next, to } };
}

/** After the node has refused to hold more than `held`. */
export function narrow(window: Window, held: number): Window {
  const size = Math.max(1, Math.min(window.size, held));
  return { ...window, size, threshold: size, round: null };
}

/**
 * After a look at the chain. `lost` is the lowest nonce that the node took and, a block later, does
 * not count any more.
 */
export function adapt(
  window: Window,
  { nonce, pending }: Pick<Observation, "nonce" | "pending">,
  lost: number | undefined,
): Window {
  const countsPending = window.countsPending || pending > nonce;
  const { round, size, threshold } = window;
  if (!round) return { ...window, countsPending };

  if (lost !== undefined && countsPending) {
    const held = lost - round.from;
    // A node that lost all has been restarted: that says nothing of its limit.
    return held > 0 ? narrow({ ...window, countsPending }, held) : { ...window, round: null };
  }
  if (pending <= round.to) return { ...window, countsPending };

  const full = round.to + 1 - round.from >= size;
  const wider = size < threshold ? Math.min(2 * size, threshold) : Math.min(size + 1, WIDEST);
  return { ...window, countsPending, round: null, size: full ? wider : size };
}
