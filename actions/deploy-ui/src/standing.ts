import type { Look } from "@playbook/site/key-value-store";
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
 * nobody goes on with a release that what is live has overtaken. Most often the log says what the
 * store said while the log was read, and nothing is read twice.
 */
export async function standingOf(cloud: StandingIn): Promise<Standing> {
  const { history, store } = cloud;
  if (!store) return { live: history.site.live ?? undefined, text: undefined, etag: "" };
  const seen = await agreed(cloud);
  if (seen) return { live: liveIn(seen), ...seen };
  let finished: Turn | undefined;
  for (;;) {
    const { site } = history;
    const { etag, text } = await store.read();
    if ((await history.refresh()) !== site) continue;
    const live = liveIn({ text });
    const missing = untold(site, live, 0);
    if (!missing) return { live, text, etag, finished };
    if (missing.kind === "rolled-back") finished = missing;
    await history.record((now, at) => (now === site ? untold(site, live, at) : undefined));
  }
}

type StandingIn = Pick<Cloud, "history" | "store" | "seen">;

/** What the store said as the log was read; undefined unless that is what the log still says. */
async function agreed({ history, seen }: StandingIn): Promise<Look | undefined> {
  const { site } = history;
  const look = await seen;
  if ((await history.refresh()) !== site || !look) return undefined;
  return liveIn(look) === (site.live ?? undefined) ? look : undefined;
}

function liveIn({ text }: Pick<Look, "text">): string | undefined {
  return text === undefined ? undefined : readLive(text).release;
}
