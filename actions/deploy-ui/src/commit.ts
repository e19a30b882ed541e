import { z } from "zod";

const commit = z.looseObject({ id: z.string(), timestamp: z.string() });

const payload = z.looseObject({
  head_commit: commit.nullish(),
  workflow_run: z.looseObject({ head_commit: commit.nullish() }).nullish(),
});

/**
 * The time of a commit in seconds, out of the event that started a run. Undefined when the event is
 * about another commit, or about none.
 */
export function committedAt(event: string, sha: string | undefined): number | undefined {
  const parsed = payload.safeParse(JSON.parse(event));
  if (!parsed.success) return undefined;
  const { head_commit: pushed, workflow_run: followed } = parsed.data;
  const found = followed?.head_commit ?? (pushed?.id === sha ? pushed : undefined);
  const time = found ? Date.parse(found.timestamp) : Number.NaN;
  return Number.isNaN(time) ? undefined : Math.floor(time / 1_000);
}
