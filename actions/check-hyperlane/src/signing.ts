import type { Context } from "@playbook/action";
import type { Address } from "@playbook/evm";
import {
  anybody,
  findCheckpoint,
  findLatest,
  flawOfCheckpoint,
  isFlagged,
  placeOf,
  type RightCheckpoint,
  spoilsProof,
} from "@playbook/hyperlane";
import type { Signing } from "./journey.ts";

/** Who of those that have announced a place has given up its chain. */
export async function flaggedAmong(
  announced: ReadonlyMap<Address, string>,
  context: Context,
): Promise<Address[]> {
  const flags = await Promise.all([...announced].map(([, at]) => hasGivenUp(at, context)));
  return [...announced.keys()].filter((_, at) => flags[at]);
}

/** What cannot be read is told by its signatures. */
async function hasGivenUp(location: string, context: Context): Promise<boolean> {
  const place = placeOf(location);
  return place !== undefined && isFlagged(place, anybody(context));
}

/** The newest index that a validator has signed; null where it says none. */
export async function latestOf(location: string, context: Context): Promise<number | null> {
  const place = placeOf(location);
  return place ? findLatest(place, anybody(context)) : null;
}

/** What a validator has made of a checkpoint, and what is wrong with that. */
export async function signingOf(
  validator: Address,
  location: string | undefined,
  right: RightCheckpoint,
  context: Context,
): Promise<Signing> {
  const nothing = { validator, signature: null, at: null };
  const flawed = (flaw: string): Signing => ({ ...nothing, flaw, spoils: false });
  if (location === undefined) return flawed("It has not announced where it signs.");
  const place = placeOf(location);
  if (!place) return flawed(`It signs where nobody looks: ${location}`);
  const found = await findCheckpoint(place, right.index, anybody(context));
  if (typeof found === "string") return flawed(found);
  const { signed, at } = found;
  const flaw = flawOfCheckpoint(signed, validator, right);
  if (flaw) return { ...nothing, flaw, spoils: spoilsProof(signed, validator, right) };
  return { validator, flaw: null, spoils: false, signature: signed.signature, at };
}
