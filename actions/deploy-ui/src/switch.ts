import { ActionError, type Context } from "@playbook/action";
import type { KeyValueStore } from "@playbook/site/key-value-store";
import { liveText, readLive } from "@playbook/site/live";
import type { Cloud } from "./cloud.ts";
import { releaseOf, type Site, type Turn } from "./site.ts";
import type { Standing } from "./standing.ts";

/** How often a store is asked again that has not changed, and does not take the write. */
const TRIES = 10;
const PAUSE_MS = 1_000;

type Change = {
  text: string;
  /** What the change was decided on. */
  standing: Standing;
  /** Whether the site, as others have left it, is still the one on which it was decided. */
  isSame(site: Site): boolean;
};

/**
 * The one write that makes another release live. It takes effect only if nothing else has since the
 * change was decided on: files that it counts on could be gone. Returns false when something has.
 */
export async function change(
  store: KeyValueStore,
  { history }: Cloud,
  { text, standing, isSame }: Change,
  { clock, signal }: Context,
): Promise<boolean> {
  let { etag } = standing;
  for (let tries = 0; tries < TRIES; tries += 1) {
    if ((await store.write(text, etag)) !== undefined) return true;
    const now = await store.read();
    if (now.text === text) return true;
    if (now.text !== standing.text || !isSame(await history.refresh())) return false;
    // What the store is asked for first may be older than what it compares with.
    if (now.etag === etag) await clock.sleep(PAUSE_MS, signal);
    etag = now.etag;
  }
  return false;
}

/**
 * Makes a release live that was begun. Throws `release-overtaken`, and leaves it begun then:
 * another run of it may know what is live, and be about to make it that.
 */
export async function goLive(
  store: KeyValueStore,
  cloud: Cloud,
  { release, text, standing }: { release: string; text: string; standing: Standing },
  context: Context,
): Promise<void> {
  const { live } = cloud.history.site;
  const isOpen = (site: Site) => releaseOf(site, release)?.status === "open";
  const isSame = (site: Site) => isOpen(site) && site.live === live;
  if (await change(store, cloud, { text, standing, isSame }, context)) return;
  throw overtaken(`Release ${release}`, (await store.read()).text);
}

/** Goes back to an earlier release, written down before and after. Throws `release-overtaken`. */
export async function goBack(
  store: KeyValueStore,
  cloud: Cloud,
  { turn, standing }: { turn: Turn; standing: Standing },
  context: Context,
): Promise<void> {
  const { history } = cloud;
  await history.record((site, at) => {
    const isTold = site.turning?.from === turn.from && site.turning.to === turn.to;
    return isTold || !releaseOf(site, turn.to) ? undefined : { kind: "turning", ...turn, at };
  });
  const isSame = ({ turning }: Site) => turning?.from === turn.from && turning.to === turn.to;
  const target = isSame(history.site) ? releaseOf(history.site, turn.to) : undefined;
  const text = target && liveText(await history.manifest(target.manifest));
  const isDone =
    text !== undefined && (await change(store, cloud, { text, standing, isSame }, context));
  if (!isDone) throw overtaken(`The way back to ${turn.to}`, (await store.read()).text);
  await history.record((site, at) =>
    isSame(site) ? { kind: "rolled-back", ...turn, at } : undefined,
  );
}

function overtaken(what: string, text: string | undefined): ActionError {
  const live = text === undefined ? "nothing" : readLive(text).release;
  return new ActionError("release-overtaken", {
    what: `${what} was overtaken: ${live} is live.`,
    why: "Another run has changed what is live while this one was under way.",
    next: "Look at what is live; if this is still what you want, run it again.",
  });
}
