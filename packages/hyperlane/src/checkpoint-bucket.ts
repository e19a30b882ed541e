import { ActionError, type Answer, ask, type Context, reason, retry } from "@playbook/action";
import { amazonHost } from "@playbook/aws";
import { readCheckpoint, type SignedCheckpoint } from "./checkpoint.ts";

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
  const read = (url: string) => insist(url, place, context);
  const [listing, latest, flag] = await Promise.all([
    read(`${urlOf(place, endpoint)}?list-type=2&max-keys=1`),
    read(fileIn(place, LATEST, endpoint)),
    read(fileIn(place, FLAG, endpoint)),
  ]);
  return {
    access: accessOf(listing.status, latest.status),
    latest: latest.status === 200 ? indexIn(latest.body) : null,
    isFlagged: flag.status === 200,
  };
}

/** Who asks a bucket, and where, for another S3 than Amazon's own. */
export type Asking = { endpoint?: string | undefined; context: Context };

function urlOf({ name, region }: BucketPlace, endpoint: string | undefined): string {
  return `${endpoint ?? `https://${amazonHost("s3", region)}`}/${name}`;
}

function fileIn(place: BucketPlace, name: string, endpoint: string | undefined): string {
  return [urlOf(place, endpoint), place.folder, name].filter(Boolean).join("/");
}

/** Whether a bucket has a reorg_flag.json, asked once: false of one that nobody can read now. */
export async function isFlagged(
  place: BucketPlace,
  { endpoint, context: { signal } }: Asking,
): Promise<boolean> {
  const answer = await ask(fileIn(place, FLAG, endpoint), { signal }).catch(() => undefined);
  signal.throwIfAborted();
  return answer?.status === 200;
}

/** The newest index that a bucket says is signed, asked once; null where nobody can read one. */
export async function findLatest(
  place: BucketPlace,
  { endpoint, context: { signal } }: Asking,
): Promise<number | null> {
  const answer = await ask(fileIn(place, LATEST, endpoint), { signal }).catch(() => undefined);
  signal.throwIfAborted();
  return answer?.status === 200 ? indexIn(answer.body) : null;
}

/** A checkpoint as a bucket has it, and when it came there, in milliseconds since the epoch. */
export type FoundCheckpoint = { signed: SignedCheckpoint; at: number | null };

/** What a bucket has of a checkpoint, asked once; a sentence on why it has none. */
export async function findCheckpoint(
  place: BucketPlace,
  index: number,
  { endpoint, context: { signal } }: Asking,
): Promise<FoundCheckpoint | string> {
  try {
    const name = `checkpoint_${index}_with_id.json`;
    return checkpointIn(await ask(fileIn(place, name, endpoint), { signal }), place, index);
  } catch (error) {
    signal.throwIfAborted();
    return `Its bucket ${place.name} cannot be reached: ${reason(error)}`;
  }
}

function checkpointIn(
  { status, body, headers }: Answer,
  { name }: BucketPlace,
  index: number,
): FoundCheckpoint | string {
  const code = /<Code>(\w+)<\/Code>/.exec(body)?.[1];
  if (code === "NoSuchKey") return `It has not signed index ${index}.`;
  if (status !== 200) return `Its bucket ${name} answers ${code ?? status}.`;
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
