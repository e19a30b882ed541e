/** What is known of a validator that should sign. */
export type SigningSight = {
  /** Whether its pod is there, new enough and answers. */
  isReady: boolean;
  /** Whether its bucket is announced on its chain. */
  isAnnounced: boolean;
  /** The newest checkpoint in its bucket. */
  latest: number | null;
  /** The newest one when its pod was first seen. */
  before: number | null;
  /** Messages that it should have signed. */
  count: number;
};

/**
 * Why a validator does not sign; undefined for one that does. One that has not caught up signs all
 * the same, when its newest checkpoint moves.
 */
export function silenceOf(sight: SigningSight): string | undefined {
  const { isReady, isAnnounced, latest, before, count } = sight;
  if (!isReady) return "Its pod is not ready.";
  if (!isAnnounced) return "It has not announced its bucket.";
  const hasAll = count === 0 || (latest !== null && latest >= count - 1);
  const moves = latest !== null && before !== null && latest > before;
  if (hasAll || moves) return undefined;
  return `It has signed ${latest === null ? 0 : latest + 1} of ${count} messages.`;
}
