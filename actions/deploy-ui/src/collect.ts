import type { Context } from "@playbook/action";
import type { Manifest } from "@playbook/site/manifest";
import type { Cloud } from "./cloud.ts";
import { onlyIn, unreachable } from "./garbage.ts";
import type { Release, Site } from "./site.ts";

/** So long a run may delete what it has said it would; others take it that it does. */
const LEASE_MS = 15 * 60_000;

/** What is asked for by then has taken effect, or never will, when the lease ends. */
const LAST_REQUEST_MS = 10 * 60_000;

/** What S3 deletes in one request. */
const AT_ONCE = 1_000;

const LOOK_MS = 30_000;

type Collecting = NonNullable<Site["collecting"]>;
type Waiting = Pick<Context, "clock" | "signal" | "progress">;

/**
 * Deletes the files of releases that nobody needs any more. It is written down before, so that no
 * release counts on a file that is about to go. Returns how many went.
 */
export async function collect(cloud: Cloud, keep: number, { clock }: Waiting): Promise<number> {
  const { history } = cloud;
  const old = history.site.collecting;
  if (old && clock.now() >= old.at + LEASE_MS) await takeOver(cloud, old, clock);
  const isOurs = await history.record((site, at) => {
    const releases = unreachable(site, keep, at).map(({ id }) => id);
    return releases.length > 0 ? { kind: "collecting", releases, at } : undefined;
  });
  return isOurs ? finish(cloud, clock) : 0;
}

/**
 * Waits until no file that a release needs is one that another run deletes. Whether that run is at
 * work or was killed is not to be known: it is given its time.
 */
export async function awaitCollected(
  cloud: Cloud,
  made: Manifest,
  { clock, signal, progress }: Waiting,
): Promise<void> {
  const { history } = cloud;
  for (;;) {
    const { collecting } = history.site;
    if (!collecting) return;
    const doomed = new Set(await keysOf(cloud, collecting.releases));
    if (!made.files.some(({ key }) => doomed.has(key))) return;
    const left = collecting.at + LEASE_MS - clock.now();
    if (left <= 0) await takeOver(cloud, collecting, clock);
    else {
      progress("Another run deletes files that this release has again: it is given its time.");
      await clock.sleep(Math.min(left, LOOK_MS), signal);
      await history.refresh();
    }
  }
}

/** Goes on with what a run has begun to delete that can do so no more. */
async function takeOver(
  cloud: Cloud,
  { at: begun, releases }: Collecting,
  clock: Context["clock"],
): Promise<void> {
  const ids = releases.map(({ id }) => id);
  const isOurs = await cloud.history.record((site, at) =>
    site.collecting?.at === begun ? { kind: "collecting", releases: ids, at } : undefined,
  );
  if (isOurs) await finish(cloud, clock);
}

/** Deletes what this run has said that it would, as long as it may. */
async function finish(cloud: Cloud, clock: Context["clock"]): Promise<number> {
  const { history, bucket } = cloud;
  const { collecting } = history.site;
  if (!collecting) return 0;
  const { releases, at: begun } = collecting;
  const keys = await keysOf(cloud, releases);
  for (let from = 0; from < keys.length; from += AT_ONCE) {
    if (clock.now() >= begun + LAST_REQUEST_MS) return from;
    await bucket.remove(keys.slice(from, from + AT_ONCE));
  }
  const ids = releases.map(({ id }) => id);
  await history.record((site, at) => {
    const isOpen = site.collecting?.at === begun;
    return isOpen ? { kind: "collected", releases: ids, files: keys.length, at } : undefined;
  });
  return keys.length;
}

async function keysOf({ history }: Cloud, gone: Release[]): Promise<string[]> {
  const manifests = (all: Release[]) =>
    Promise.all(all.map(({ manifest }) => history.manifest(manifest)));
  return onlyIn(await manifests(gone), await manifests(history.site.releases));
}
