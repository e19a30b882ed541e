import { ActionError, type Context, goOn } from "@playbook/action";
import { failureOf, type Octokit } from "./octokit.ts";
import { refusal } from "./refusal.ts";
import { bodyOf, type Done, JOB_BOT, type Listed, next, type Sticky } from "./sticky.ts";

/** Each round settles what another run did in between; more than this is no coincidence. */
const ROUNDS = 10;

/** How often a comment is written whose reply got lost, after a look that it is not there. */
const LOSSES = 3;

/**
 * Makes this the one comment of its key under a pull request and gives its URL: writes it, changes
 * the one there is, or leaves a newer one alone (`newer`). Where none is to be made and none is
 * there, the URL is empty. Of two runs at once the newer's is left.
 * Only who looked just before a newer one wrote, and writes just after, is not noticed: a
 * concurrency group keeps such runs apart. Throws `permission-missing`, `comment-unsettled` and
 * what else `refusal` makes.
 */
export async function keepComment(
  octokit: Octokit,
  sticky: Sticky,
  context: Context,
): Promise<{ url: string; newer: boolean }> {
  const body = bodyOf(sticky);
  const wanted = { ...sticky, author: sticky.author ?? JOB_BOT, body };
  const done: Done = { made: [], written: [] };
  let losses = 0;

  for (let round = 0; round < ROUNDS; round += 1) {
    goOn(context);
    const step = next(await listComments(octokit, sticky), wanted, done);
    for (const id of step.remove) await change(octokit, sticky, { id });

    if (step.do === "done") return { url: step.url, newer: step.newer };
    if (step.do === "update") {
      await change(octokit, sticky, { id: step.id, body });
      done.written.push(step.id);
      continue;
    }
    if (sticky.isNotMade) return { url: "", newer: false };
    const made = await create(octokit, sticky, body, losses);
    if (made) {
      done.made.push(made);
      wanted.author = made.user?.login ?? wanted.author;
    } else {
      await context.clock.sleep(1_000 * 2 ** losses, context.signal);
      losses += 1;
    }
  }
  throw unsettled(sticky);
}

function unsettled({ pull }: Sticky): ActionError {
  return new ActionError("comment-unsettled", {
    what: `The comment on pull request #${pull} does not stay as it was written.`,
    why: `In ${ROUNDS} rounds another account or run changed it each time.`,
    next: "Let only one run at a time comment, by a concurrency group, and run the job again.",
  });
}

async function listComments(octokit: Octokit, { repository, pull }: Sticky): Promise<Listed[]> {
  const where = { ...place(repository), issue_number: pull, per_page: 100 };
  return await told(pull, () => octokit.paginate(octokit.rest.issues.listComments, where));
}

/** Undefined when the reply is lost: the next round sees whether there is a comment. */
async function create(
  octokit: Octokit,
  { repository, pull }: Sticky,
  body: string,
  losses: number,
): Promise<Listed | undefined> {
  return await told(pull, async () => {
    try {
      const where = { ...place(repository), issue_number: pull };
      return (await octokit.rest.issues.createComment({ ...where, body })).data;
    } catch (error) {
      const { status = 500 } = failureOf(error);
      if (error instanceof ActionError || status < 500 || losses + 1 >= LOSSES) throw error;
      return undefined;
    }
  });
}

/**
 * Changes a comment, or removes it where there is no body. One that is gone already is no error.
 */
async function change(
  octokit: Octokit,
  { repository, pull }: Sticky,
  { id, body }: { id: number; body?: string },
): Promise<void> {
  const where = { ...place(repository), comment_id: id };
  await told(pull, async () => {
    try {
      if (body === undefined) await octokit.rest.issues.deleteComment(where);
      else await octokit.rest.issues.updateComment({ ...where, body });
    } catch (error) {
      if (failureOf(error).status !== 404) throw error;
    }
  });
}

function place(repository: string): { owner: string; repo: string } {
  const [owner = "", repo = ""] = repository.split("/");
  return { owner, repo };
}

async function told<Result>(pull: number, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const doing = `the comment on pull request #${pull}`;
    throw refusal(error, { doing, permission: "pull-requests: write" });
  }
}
