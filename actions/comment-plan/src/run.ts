import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ActionError, type Context, type parseInputs, type Report } from "@playbook/action";
import { type Build, connect, downloadArtifact, findPull, keepComment } from "@playbook/github";
import { commentText } from "./comment-text.ts";
import type { schema } from "./inputs.ts";
import { readSummary } from "./summary.ts";

export type Inputs = ReturnType<ReturnType<typeof parseInputs<typeof schema.shape>>> & {
  /** `owner/name`: whose pull request it is. */
  repository: string;
  /** URL of GitHub's pages. */
  server: string;
  /** Id of the run that this is part of. */
  ownRun: number;
};

/** Shows a plan on its pull request: see action.yml. */
export async function run(inputs: Inputs, context: Context): Promise<Report> {
  context.mask(inputs.token);
  const octokit = connect(inputs.token, context);
  const { pull, gone } = await findPull(octokit, buildOf(inputs));
  if (!pull) return nothingDone(gone, context);

  const { artifact, author, repository } = inputs;
  const summary = await fetchSummary(inputs, context);
  const order = inputs.runId ?? inputs.ownRun;
  const { body, whole } = commentText(summary, { ...inputs, run: order });
  const sticky = { repository, pull: pull.number, order, body, whole, author };
  const key = `plan/${artifact}`;
  const { url, newer } = await keepComment(octokit, { ...sticky, key }, context);

  const done = newer ? "A newer run has commented" : "The plan is shown";
  context.progress(`${done}: ${url}`);
  return { outputs: { comment: url }, summary: `${done} on [#${pull.number}](${url}).` };
}

function buildOf({ repository, head, headSha: sha, pullRequest: number }: Inputs): Build {
  if (number !== undefined) return { repository, pull: { number }, sha };
  if (head !== undefined) return { repository, pull: { head }, sha };
  throw new ActionError("bad-input", {
    what: '"pull-request" and "head" are both missing.',
    why: "Nothing else says which pull request the plan is of.",
    next: "Give one of them from the event; the action's README shows both.",
  });
}

/** A push, a merge or a closed pull request: somebody was faster, and nobody did anything wrong. */
function nothingDone(why: string, { progress }: Context): Report {
  progress(`${why} There is nothing to comment on.`);
  return { outputs: { comment: "" }, summary: `No comment: ${why}` };
}

async function fetchSummary(
  { artifact, runId, repository, token }: Inputs,
  context: Context,
): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), "comment-plan-"));
  const plan = join(scratch, "plan");
  try {
    const from = runId === undefined ? undefined : { runId, repository, token };
    await downloadArtifact(artifact, plan, context, { from });
    return await readSummary(plan, artifact);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
