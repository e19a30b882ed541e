import { ActionError, type Answer, ask, type Context, reason, retry } from "@playbook/action";
import { amazonHost, ownEndpoint } from "@playbook/aws";
import { readCheckpoint, type SignedCheckpoint } from "./checkpoint.ts";

/** Where a validator leaves what it has signed. */
export type BucketPlace = { name: string; region: string; folder?: string | undefined };

/**
 * A bucket of Google's. Relayers up to agents-v2.3.0 look at its root, whatever folder is
 * announced.
 */
export type GoogleBucket = { google: string; folder?: string | undefined };

/** Where relayers look for what a validator has signed. */
export type AnnouncedPlace = BucketPlace | GoogleBucket;

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

const FILES = { latest: "checkpoint_latest_index.json", flag: "reorg_flag.json" };
const GOOGLE_FILES = { latest: "gcsLatestIndexKey", flag: "gcsReorgFlagKey" };

const filesIn = (place: AnnouncedPlace) => ("google" in place ? GOOGLE_FILES : FILES);

const nameOf = (place: AnnouncedPlace) => ("google" in place ? place.google : place.name);

const GOOGLE = "https://storage.googleapis.com";

/** For a bucket to answer at all, in milliseconds. */
const PATIENCE_MS = 60_000;

/** As validators announce it. */
export function announcedAs({ name, region, folder }: BucketPlace): string {
  return ["s3:/", name, region, folder].filter(Boolean).join("/");
}

/** The place that a validator has announced; undefined for what is no bucket. */
export function placeOf(location: string): AnnouncedPlace | undefined {
  const [, google, folder] = /^gs:\/\/([^/]+)(?:\/([^/]+))?\/[^/]*$/.exec(location) ?? [];
  if (google) return { google, folder };
  return amazonPlace(location);
}

function amazonPlace(location: string): BucketPlace | undefined {
  const [, name, region, folder] = /^s3:\/\/([^/]+)\/([^/]+)(?:\/(.*))?$/.exec(location) ?? [];
  return name && region ? { name, region, folder } : undefined;
}

/**
 * What anybody sees in a bucket, without credentials, as relayers read it. Throws
 * `bucket-unreachable`.
 */
export async function lookIntoBucket(place: AnnouncedPlace, asking: Asking): Promise<BucketSight> {
  const read = (url: string) => insist(url, place, asking.context);
  const files = filesIn(place);
  const [listing, latest, ...flags] = await Promise.all([
    read(listingOf(place, asking)),
    read(fileIn(place, files.latest, asking)),
    ...flagsOf(place, asking).map(read),
  ]);
  return {
    access: accessOf(listing.status, latest.status),
    latest: latest.status === 200 ? indexIn(latest.body) : null,
    isFlagged: flags.some(({ status }) => status === 200),
  };
}

/**
 * Who asks a bucket, and where, for another S3 than Amazon's own, or another store than Google's.
 */
export type Asking = {
  endpoint?: string | undefined;
  google?: string | undefined;
  context: Context;
};

/** Asks the stores that there are, or those that the environment names in their place. */
export function anybody(context: Context): Asking {
  return { endpoint: ownEndpoint("s3"), google: process.env.STORAGE_EMULATOR_HOST, context };
}

type Ends = Pick<Asking, "endpoint" | "google">;

function urlOf({ name, region }: BucketPlace, { endpoint }: Ends): string {
  return `${endpoint ?? `https://${amazonHost("s3", region)}`}/${name}`;
}

const objectsOf = (bucket: string, { google = GOOGLE }: Ends) =>
  `${google}/storage/v1/b/${bucket}/o`;

function listingOf(place: AnnouncedPlace, ends: Ends): string {
  if ("google" in place) return `${objectsOf(place.google, ends)}?maxResults=1`;
  return `${urlOf(place, ends)}?list-type=2&max-keys=1`;
}

function fileIn(place: AnnouncedPlace, name: string, ends: Ends): string {
  const path = [place.folder, name].filter(Boolean).join("/");
  if (!("google" in place)) return `${urlOf(place, ends)}/${path}`;
  return `${objectsOf(place.google, ends)}/${encodeURIComponent(path)}?alt=media`;
}

/** In Google's buckets one at the root counts as well: older validators leave it there. */
function flagsOf(place: AnnouncedPlace, ends: Ends): string[] {
  const places = "google" in place && place.folder ? [place, { google: place.google }] : [place];
  return places.map((one) => fileIn(one, filesIn(one).flag, ends));
}

/** Whether a bucket has a reorg_flag.json, asked once: false of one that nobody can read now. */
export async function isFlagged(place: AnnouncedPlace, asking: Asking): Promise<boolean> {
  const { signal } = asking.context;
  const once = (url: string) => ask(url, { signal }).catch(() => undefined);
  const answers = await Promise.all(flagsOf(place, asking).map(once));
  signal.throwIfAborted();
  return answers.some((one) => one?.status === 200);
}

/** The newest index that a bucket says is signed, asked once; null where nobody can read one. */
export async function findLatest(place: AnnouncedPlace, asking: Asking): Promise<number | null> {
  const { signal } = asking.context;
  const url = fileIn(place, filesIn(place).latest, asking);
  const answer = await ask(url, { signal }).catch(() => undefined);
  signal.throwIfAborted();
  return answer?.status === 200 ? indexIn(answer.body) : null;
}

/** A checkpoint as a bucket has it, and when it came there, in milliseconds since the epoch. */
export type FoundCheckpoint = { signed: SignedCheckpoint; at: number | null };

/** What a bucket has of a checkpoint, asked once; a sentence on why it has none. */
export async function findCheckpoint(
  place: AnnouncedPlace,
  index: number,
  asking: Asking,
): Promise<FoundCheckpoint | string> {
  const { signal } = asking.context;
  try {
    const url = fileIn(place, `checkpoint_${index}_with_id.json`, asking);
    return checkpointIn(await ask(url, { signal }), place, index);
  } catch (error) {
    signal.throwIfAborted();
    return `Its bucket ${nameOf(place)} cannot be reached: ${reason(error)}`;
  }
}

function checkpointIn(
  { status, body, headers }: Answer,
  place: AnnouncedPlace,
  index: number,
): FoundCheckpoint | string {
  const code = /<Code>(\w+)<\/Code>/.exec(body)?.[1];
  const isMissing = "google" in place ? status === 404 : code === "NoSuchKey";
  if (isMissing) return `It has not signed index ${index}.`;
  if (status !== 200) return `Its bucket ${nameOf(place)} answers ${code ?? status}.`;
  const signed = readCheckpoint(body);
  if (!signed) return "Its file is no checkpoint.";
  const at = Date.parse(headers["last-modified"] ?? "");
  return { signed, at: Number.isNaN(at) ? null : at };
}

const CHECKPOINT = /<Key>[^<]*checkpoint_\d+_with_id\.json<\/Key>/g;

/**
 * How many checkpoints a bucket has, whichever: the newest is there before those that a validator
 * signs after the event. Throws `bucket-unreachable`.
 */
export async function countCheckpoints(place: BucketPlace, asking: Asking): Promise<number> {
  const prefix = [place.folder, "checkpoint_"].filter(Boolean).join("/");
  let count = 0;
  let next: string | undefined;
  do {
    const query = new URLSearchParams({ "list-type": "2", prefix });
    if (next) query.set("continuation-token", next);
    const url = `${urlOf(place, asking)}?${query}`;
    const { status, body } = await insist(url, place, asking.context);
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

async function insist(url: string, place: AnnouncedPlace, { clock, signal }: Context) {
  const once = async () => {
    const answer = await ask(url, { signal });
    if ([200, 401, 403, 404].includes(answer.status)) return answer;
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
        what: `The bucket ${nameOf(place)} cannot be asked.`,
        why: reason(error),
        next:
          "Correct the bucket's region in the list of agents, or " +
          "the network, and run this again.",
      },
      { cause: error },
    );
  }
}
