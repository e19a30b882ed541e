import type { HistoryEntry } from "@playbook/kube";
import { type Entry, isCutShort, isUnfinished, type Kind, recordName } from "@playbook/rollout";
import { type Finding, warning } from "./preflight/finding.ts";
import type { Prepared } from "./prepare.ts";
import { isMarked } from "./release.ts";

/** What is to be rolled out now, and Helm's newest revision. */
type Now = { to: string; kind: Kind; newest: HistoryEntry | undefined };

/** What an earlier rollout has begun and not brought to its end, as this one goes on with it. */
export async function begunBefore(
  { release, version }: Pick<Prepared, "release" | "version">,
  last: Entry | undefined,
  kind: Kind,
): Promise<Entry | undefined> {
  if (!last || !isUnfinished(last)) return undefined;
  const newest = (await release.history()).at(-1);
  return goesOnWith(last, { to: version.to, kind, newest });
}

/**
 * The same version goes on as it went last. Where a person was told and chose another one, that
 * goes forward, and back to where all were whole. What was done about it in another way is over.
 */
export function goesOnWith(last: Entry, { to, kind, newest }: Now): Entry | undefined {
  if (!isUnfinished(last)) return undefined;
  if (isCutShort(last)) return last;
  if (last.kind !== undefined && last.kind !== kind) return undefined;
  if (isSomebodyElses(newest, last)) return undefined;
  if (last.to === undefined || last.to === to) return last;
  return last.from > 0 ? { ...last, direction: "forward" } : undefined;
}

/** Whether Helm was run by hand since, for more than going back. */
function isSomebodyElses(newest: HistoryEntry | undefined, { from }: Entry): boolean {
  if (!newest || newest.revision <= from || newest.status !== "deployed") return false;
  return !isMarked(newest) && newest.description !== `Rollback to ${from}`;
}

/** A run that would go back first has to say so before. */
export function checkGoesBack(
  begun: Entry | undefined,
  { release }: { release: string },
): Finding[] {
  if (begun?.direction !== "back") return [];
  const { run, from, was, to } = begun;
  const why =
    `An earlier rollout (${run}) has turned back${to ? ` from ${to}` : ""} and is not at its end: ` +
    `this goes on going back to revision ${from}${was ? ` (${was})` : ""}, and rolls out nothing.`;
  const next = "Apply it, then release again what is mended.";
  return [warning("goes-back", `ConfigMap ${recordName(release)}`, why, next)];
}
