import type { Context, Report } from "@playbook/action";
import { type Octokit, stateOfPull } from "@playbook/github";
import type { Place } from "./place.ts";
import { takeDown } from "./take-down.ts";

const NOTHING = { url: "", deployment: "", state: "", "pull-request": "", comment: "" };

/** Takes away what a closed pull request has. One that is open, again perhaps, keeps it. */
export async function remove(
  place: Place,
  pull: number,
  octokit: Octokit,
  context: Context,
): Promise<Report> {
  const { repository } = place;
  if ((await stateOfPull(octokit, { repository, number: pull })) === "open") {
    return report([], `#${pull} is open: its preview stays.`);
  }
  const wasThere = await takeDown(place, pull, octokit, context);
  return report(wasThere ? [pull] : [], `#${pull} has no preview.`);
}

/** What was taken away, or words for that it was nothing. */
export function report(removed: number[], otherwise: string): Report {
  const names = removed.map((pull) => `#${pull}`).join(", ");
  return {
    outputs: { ...NOTHING, removed: removed.length },
    summary: removed.length > 0 ? `Taken away: the previews of ${names}.` : otherwise,
  };
}

/** Nobody did anything wrong: somebody was faster. */
export function nothingShown(why: string, { progress }: Context): Report {
  progress(`${why} Nothing is shown.`);
  return { outputs: { ...NOTHING, removed: 0 }, summary: `No preview: ${why}` };
}
