import type { Context, Report } from "@playbook/action";
import { type Octokit, stateOfPull } from "@playbook/github";
import { type Cloud, openCloud, type Reach } from "./cloud.ts";
import { removedText } from "./summary.ts";
import { isAnything, type Place, type Taken, takeDown } from "./take-down.ts";

export type RemoveInputs = Reach & Place & { pull: number };

/** Takes away what a closed pull request has. One that is open, again perhaps, keeps it. */
export async function remove(
  inputs: RemoveInputs,
  octokit: Octokit,
  context: Context,
): Promise<Report> {
  const { repository, pull } = inputs;
  const state = await stateOfPull(octokit, { repository, number: pull });
  if (state === "open") {
    context.progress(`#${pull} is open: its preview stays.`);
    return reportOf([], `#${pull} is open: its preview stays.`);
  }
  const cloud: Cloud = await openCloud(inputs, context);
  const taken = await takeDown(
    cloud,
    octokit,
    { ...inputs, isMissing: state === "missing" },
    context,
  );
  return reportOf([taken]);
}

export function reportOf(all: Taken[], otherwise = "There was no preview to take away."): Report {
  const taken = all.filter(isAnything);
  return {
    outputs: { url: "", "pull-request": "", comment: "", removed: taken.length },
    summary: taken.length > 0 ? removedText(taken) : otherwise,
  };
}
