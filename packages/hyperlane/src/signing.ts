import type { Address } from "@playbook/evm";
import type { AnnouncementSight } from "./announcement.ts";
import { flawOfCheckpoint, type RightCheckpoint } from "./checkpoint.ts";
import { type AnnouncedPlace, type Asking, findCheckpoint } from "./checkpoint-bucket.ts";

/** What is known of a validator that should sign. */
export type SigningSight = {
  /** Whether its pod is there, new enough and answers. */
  isReady: boolean;
  /** The newest checkpoint in its bucket, as a file there says. */
  latest: number | null;
  /** The newest one when its pod was first seen. */
  before: number | null;
  /** Messages that it should have signed. */
  count: number;
  /** Its signature of the newest of them. */
  newest: NewestSignature;
} & AnnouncementSight;

/** Whether it is there, and what is wrong with it. */
export type NewestSignature = { isThere: false } | { isThere: true; flaw: string | null };

/**
 * Why a validator does not sign; undefined for one that does. One that has not caught up signs all
 * the same, when its newest checkpoint moves.
 */
export function silenceOf(sight: SigningSight): string | undefined {
  const { isReady, isAnnounced, elsewhere, latest, before, count, newest } = sight;
  if (!isReady) return "Its pod is not ready.";
  if (elsewhere) return `Relayers look at ${elsewhere}, which it has announced since.`;
  if (!isAnnounced) return "It has not announced its bucket.";
  if (count === 0) return undefined;
  if (newest.isThere) return newest.flaw === null ? undefined : flawed(count, newest.flaw);
  const moves = latest !== null && before !== null && latest > before;
  if (moves) return undefined;
  if (latest !== null && latest >= count - 1) return `It has not signed index ${count - 1}.`;
  return `It has signed ${latest === null ? 0 : latest + 1} of ${count} messages.`;
}

function flawed(count: number, flaw: string): string {
  return `Its signature of index ${count - 1} does not count. ${flaw}`;
}

/** A validator's signature of a checkpoint, as its bucket has it now. */
export async function lookAtSignature(
  place: AnnouncedPlace,
  validator: Address,
  right: RightCheckpoint,
  asking: Asking,
): Promise<NewestSignature> {
  const found = await findCheckpoint(place, right.index, asking);
  if (typeof found === "string") return { isThere: false };
  return { isThere: true, flaw: flawOfCheckpoint(found.signed, validator, right) ?? null };
}
