import type { Context, Report } from "@playbook/action";
import { newestPull, type Octokit } from "@playbook/github";
import { sweepEach } from "@playbook/preview";
import { GraphNode } from "@playbook/subgraph";
import { type Place, previewName } from "./place.ts";
import { report } from "./remove.ts";
import { takeDown } from "./take-down.ts";

/** So many names are asked for at once. */
const AT_ONCE = 50;

/**
 * Takes away what was missed. graph-node tells nobody its names, so it is asked for that of every
 * pull request that there has been.
 */
export async function sweep(place: Place, octokit: Octokit, context: Context): Promise<Report> {
  const { repository, name } = place;
  const newest = await newestPull(octokit, repository);
  const node = new GraphNode(place, context);
  const standing: number[] = [];
  for (let first = 1; first <= newest; first += AT_ONCE) {
    const pulls = Array.from(
      { length: Math.min(AT_ONCE, newest - first + 1) },
      (_, i) => first + i,
    );
    const known = await node.known(pulls.map((pull) => previewName(name, pull)));
    standing.push(...pulls.filter((pull) => known.has(previewName(name, pull))));
  }

  const { taken, failure } = await sweepEach(
    standing,
    { octokit, repository },
    async (pull, state) =>
      state !== "open" && (await takeDown(place, pull, octokit, context)) ? [pull] : [],
    context,
  );
  const removed = taken.flat();
  const done = report(removed, `${standing.length} previews are in order.`);
  return failure ? { ...done, failure } : done;
}
