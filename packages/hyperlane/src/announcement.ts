import { announcedAs, type BucketPlace, placeOf } from "./checkpoint-bucket.ts";

/** What a validator's announcements say of the place where it signs. */
export type AnnouncementSight = {
  /** Whether relayers look there. */
  isAnnounced: boolean;
  /** Where they look instead, when it was announced and another place after it. */
  elsewhere?: string;
};

/**
 * The place that relayers look at, of those that a validator has announced: the newest that is a
 * bucket.
 */
export function newestPlace(locations: readonly string[]): string | undefined {
  return locations.findLast((one) => placeOf(one) !== undefined);
}

/**
 * Whether relayers look at a place. A validator that finds it among the announced ones is content.
 */
export function announcementOf(
  place: BucketPlace,
  locations: readonly string[],
): AnnouncementSight {
  const own = announcedAs(place);
  const newest = newestPlace(locations);
  const isAnnounced = newest === own;
  const isOvertaken = !isAnnounced && newest !== undefined && locations.includes(own);
  return { isAnnounced, ...(isOvertaken && { elsewhere: newest }) };
}
