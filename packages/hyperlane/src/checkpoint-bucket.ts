import { ActionError, ask, type Context, reason, retry } from "@playbook/action";

/** Where a validator leaves what it has signed. */
export type BucketPlace = { name: string; region: string; folder?: string | undefined };

export type BucketSight = {
  /**
   * What everybody may do with it: `unlistable` is read by relayers, who take what is missing for a
   * failure.
   */
  access: "open" | "unlistable" | "closed" | "missing";
  /** The newest checkpoint; null while there is none that anybody can read. */
  latest: number | null;
  /** Whether it has a reorg_flag.json. */
  isFlagged: boolean;
};

const LATEST = "checkpoint_latest_index.json";
const FLAG = "reorg_flag.json";

/** For S3 to answer at all, in milliseconds. */
const PATIENCE_MS = 60_000;

/** As validators announce it. */
export function announcedAs({ name, region, folder }: BucketPlace): string {
  return ["s3:/", name, region, folder].filter(Boolean).join("/");
}

/** The place that a validator has announced; undefined for what is no bucket. */
export function placeOf(location: string): BucketPlace | undefined {
  const [, name, region, folder] = /^s3:\/\/([^/]+)\/([^/]+)(?:\/(.+))?$/.exec(location) ?? [];
  return name && region ? { name, region, folder } : undefined;
}

/**
 * What anybody sees in a bucket, without credentials, as relayers read it. `endpoint` is that of
 * another S3 than Amazon's own. Throws `bucket-unreachable`.
 */
export async function lookIntoBucket(
  place: BucketPlace,
  { endpoint, context }: Asking,
): Promise<BucketSight> {
  const bucket = urlOf(place, endpoint);
  const file = (name: string) => [bucket, place.folder, name].filter(Boolean).join("/");
  const read = (url: string) => insist(url, place, context);
  const [listing, latest, flag] = await Promise.all([
    read(`${bucket}?list-type=2&max-keys=1`),
    read(file(LATEST)),
    read(file(FLAG)),
  ]);
  return {
    access: accessOf(listing.status, latest.status),
    latest: latest.status === 200 ? indexIn(latest.body) : null,
    isFlagged: flag.status === 200,
  };
}

type Asking = { endpoint?: string | undefined; context: Context };

function urlOf({ name, region }: BucketPlace, endpoint: string | undefined): string {
  return `${endpoint ?? `https://s3.${region}.amazonaws.com`}/${name}`;
}

const CHECKPOINT = /<Key>[^<]*checkpoint_\d+_with_id\.json<\/Key>/g;

/**
 * How many checkpoints a bucket has, whichever: the newest is there before those that a validator
 * signs after the event. Throws `bucket-unreachable`.
 */
export async function countCheckpoints(
  place: BucketPlace,
  { endpoint, context }: Asking,
): Promise<number> {
  const prefix = [place.folder, "checkpoint_"].filter(Boolean).join("/");
  let count = 0;
  let next: string | undefined;
  do {
    const query = new URLSearchParams({ "list-type": "2", prefix });
    if (next) query.set("continuation-token", next);
    const { status, body } = await insist(`${urlOf(place, endpoint)}?${query}`, place, context);
    if (status !== 200) return 0;
    count += body.match(CHECKPOINT)?.length ?? 0;
    next = /<NextContinuationToken>([^<]+)</.exec(body)?.[1];
  } while (next);
  return count;
}

function accessOf(listing: number, reading: number): BucketSight["access"] {
  if (listing === 404) return "missing";
  if (listing === 200) return reading === 403 ? "closed" : "open";
  return reading === 200 ? "unlistable" : "closed";
}

/** The file holds a number and nothing else. */
function indexIn(text: string): number | null {
  return /^\s*\d+\s*$/.test(text) ? Number(text) : null;
}

class Busy extends Error {}

async function insist(url: string, place: BucketPlace, { clock, signal }: Context) {
  const once = async () => {
    const answer = await ask(url, { signal });
    if ([200, 403, 404].includes(answer.status)) return answer;
    throw new Busy(`It answers with status ${answer.status}.`);
  };
  const judge = { isPassing: () => true, retryAfter: () => 0 };
  try {
    return await retry(once, { deadlineMs: PATIENCE_MS, clock, signal }, judge);
  } catch (error) {
    signal.throwIfAborted();
    throw new ActionError(
      "bucket-unreachable",
      {
        what: `The bucket ${place.name} cannot be asked.`,
        why: reason(error),
        next: "Correct the bucket's region in the list of agents, or the network, and run this again.",
      },
      { cause: error },
    );
  }
}
