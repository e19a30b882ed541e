import type { Context } from "@playbook/action";
import type { Manifest } from "@playbook/site/manifest";
import { canonical, digestOf } from "@playbook/state";
import type { Cloud } from "./cloud.ts";
import { stalePaths } from "./invalidation.ts";

/**
 * Has the edge forget what a release has replaced, where no store says what is live. The same
 * release has the same invalidation, however often it is asked for.
 */
export async function invalidate(
  { history, distribution }: Cloud,
  made: Manifest,
  wait: boolean,
  context: Context,
): Promise<void> {
  if (!distribution) return;
  const { releases, live } = history.site;
  const others = releases.filter(({ id, status }) => id === live || status !== "done");
  const before = await Promise.all(others.map(({ manifest }) => history.manifest(manifest)));
  const paths = stalePaths(made, before);
  if (paths.length === 0) return;
  const name = `${made.release}-${digestOf(canonical(paths)).slice(-16)}`;
  const id = await distribution.invalidate(paths, name);
  context.progress(`Invalidated ${paths.length} paths: ${id}.`);
  if (wait) await distribution.settled(id);
}
