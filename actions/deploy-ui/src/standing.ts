import { readLive } from "@playbook/site/live";
import type { Cloud } from "./cloud.ts";
import { untold } from "./decide.ts";
import type { Turn } from "./site.ts";

/** What is live, and the state of the store in which it was seen. */
export type Standing = {
  live: string | undefined;
  text: string | undefined;
  etag: string;
  /** A change back that another run had made, and that the log was told of only now. */
  finished?: Turn | undefined;
};

/**
 * Sees what is live, and tells the log what a run that was killed has left untold. The log is read
 * before the store, so that what is new in the store is not taken for old, and after it, so that
 * nobody goes on with a release that what is live has overtaken.
 */
export async function standingOf(cloud: Pick<Cloud, "history" | "store">): Promise<Standing> {
  const { history, store } = cloud;
  if (!store) return { live: history.site.live ?? undefined, text: undefined, etag: "" };
  let finished: Turn | undefined;
  for (;;) {
    const { site } = history;
    const { etag, text } = await store.read();
    if ((await history.refresh()) !== site) continue;
    const live = text === undefined ? undefined : readLive(text).release;
    const missing = untold(site, live, 0);
    if (!missing) return { live, text, etag, finished };
    if (missing.kind === "rolled-back") finished = missing;
    await history.record((now, at) => (now === site ? untold(site, live, at) : undefined));
  }
}
