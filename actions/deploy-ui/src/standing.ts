import type { Cloud } from "./cloud.ts";
import { untold } from "./decide.ts";
import { readLive } from "./live.ts";

/** What is live, and the state of the store in which it was seen. */
export type Standing = { live: string | undefined; text: string | undefined; etag: string };

/**
 * Sees what is live, and tells the log what a run that was killed has left untold. The log is read
 * before the store, so that what is new in the store is not taken for old.
 */
export async function standingOf(cloud: Pick<Cloud, "history" | "store">): Promise<Standing> {
  const { history, store } = cloud;
  if (!store) return { live: history.site.live ?? undefined, text: undefined, etag: "" };
  for (;;) {
    const { site } = history;
    const { etag, text } = await store.read();
    const live = text === undefined ? undefined : readLive(text).release;
    const isTold = untold(site, live, 0) === undefined;
    if (isTold) return { live, text, etag };
    await history.record((now, at) => (now === site ? untold(site, live, at) : undefined));
  }
}
