import { ActionError, type Context } from "@playbook/action";
import type { Keys } from "@playbook/site/key-value-store";
import { readLive } from "@playbook/site/live";
import { keyOf, orderOf } from "./name.ts";

/** How often a value is written again, after others have changed the store in between. */
const TRIES = 60;
const PAUSE_MS = 1_000;

/** What is shown: a preview's name; undefined where nothing is. */
export type Shown = string | undefined;

/** What the store says is shown of a pull request. */
export async function shownOf(keys: Keys, pull: number): Promise<Shown> {
  return (await look(keys, pull)).shown;
}

async function look(keys: Keys, pull: number): Promise<{ etag: string; shown: Shown }> {
  const { etag, text } = await keys.look(keyOf(pull));
  return { etag, shown: text === undefined ? undefined : readLive(text, keyOf(pull)).release };
}

type Wanted = { pull: number; name: string; text: string };

/**
 * Shows a preview, unless one of a later run is shown: then nothing is written, and that is the
 * answer. Throws `previews-busy`.
 */
export async function show(keys: Keys, wanted: Wanted, context: Context): Promise<string> {
  const { pull, name, text } = wanted;
  return patiently(context, pull, async () => {
    const { etag, shown } = await look(keys, pull);
    if (shown === name || (shown !== undefined && orderOf(shown) > orderOf(name))) return shown;
    return (await keys.put(keyOf(pull), text, etag)) === undefined ? undefined : name;
  });
}

/**
 * Shows nothing any more, unless what is shown is of a later run than `order`. Returns what was
 * shown. Throws `previews-busy`.
 */
export async function hide(
  keys: Keys,
  { pull, order }: { pull: number; order: number },
  context: Context,
): Promise<{ was: Shown }> {
  return patiently(context, pull, async () => {
    const { etag, shown } = await look(keys, pull);
    if (shown === undefined || orderOf(shown) > order) return { was: undefined };
    return (await keys.remove(keyOf(pull), etag)) ? { was: shown } : undefined;
  });
}

/** All previews share the store's one state, so a write may lose against any of them. */
async function patiently<Result>(
  { clock, signal }: Context,
  pull: number,
  work: () => Promise<Result | undefined>,
): Promise<Result> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const result = await work();
    if (result !== undefined) return result;
    await clock.sleep(PAUSE_MS, signal);
  }
  throw new ActionError("previews-busy", {
    what: `The preview of #${pull} could not be changed.`,
    why: `In ${TRIES} tries the KeyValueStore was another each time: other runs write to it.`,
    next: "Run the job again.",
  });
}
