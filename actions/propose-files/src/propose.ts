import { ActionError, type Context, goOn } from "@playbook/action";
import { failureOf, keepComment, type Octokit } from "@playbook/github";
import type { ProposedFile } from "./file.ts";
import { next, type Pull, type Step, type Wanted } from "./next.ts";
import { type Look, type Place, ProductRepository, proposalRefusal } from "./repository.ts";

/** Each round settles what another run did in between; more than this is no coincidence. */
const ROUNDS = 20;

/** How often one thing is tried that did not come about, each time after a look. */
const LOSSES = 3;

export type Ended = Extract<Step, { do: "end" }>["because"];

export type Proposal = {
  because: Ended | "closed" | "forbidden";
  pull: Pull | undefined;
  /** What the branch is at; undefined when nothing is proposed. */
  commit: string | undefined;
  changes: Look["changes"];
};

/**
 * Keeps the one pull request of a branch: looks, does the one thing that is to be done, and looks
 * again, until nothing is. Throws `branch-taken`, `proposal-unsettled` and what the looks throw.
 */
export async function propose(
  place: Place,
  { files, ...words }: Pick<Wanted, "order" | "title" | "body"> & { files: ProposedFile[] },
  context: Context,
): Promise<Proposal> {
  const repository = new ProductRepository(place);
  let [before, losses, closed] = ["", 0, false];

  for (let round = 0; round < ROUNDS; round += 1) {
    goOn(context);
    const look = await repository.look(files);
    const wanted = { ...words, digest: look.digest };
    const step = next(look, wanted);
    if (step.do === "end") return ended(closed ? "closed" : step.because, look);
    if (step.do === "refuse") throw branchTaken(place, look);

    // What was done and is to be done again has not come about: its reply does not matter.
    losses = before === JSON.stringify(step) ? losses + 1 : 0;
    before = JSON.stringify(step);
    if (losses > 0) await context.clock.sleep(500 * 2 ** losses, context.signal);
    try {
      await take(step, { repository, place, look, wanted }, context);
      closed ||= step.do === "close";
    } catch (error) {
      goOn(context);
      if (step.do === "open" && isForbidden(error)) return ended("forbidden", look);
      if (isFinal(error) || losses + 1 >= LOSSES) throw proposalRefusal(error, place.branch);
      context.progress(`GitHub has not taken it; looking again. (${step.do})`);
    }
  }
  throw unsettled(place);
}

type Scene = { repository: ProductRepository; place: Place; look: Look; wanted: Wanted };

async function take(
  step: Exclude<Step, { do: "end" | "refuse" }>,
  { repository, place, look, wanted }: Scene,
  context: Context,
): Promise<void> {
  context.progress(SAID[step.do]);
  switch (step.do) {
    case "create":
      return await repository.createBranch(await repository.commit(look, wanted));
    case "move":
      return await repository.moveBranch({
        ...{ from: step.from, to: await repository.commit(look, wanted) },
      });
    case "open":
      return await repository.openPull(wanted);
    case "edit":
      return await repository.editPull(step.number, wanted);
    case "close":
      await sayMoot(place, { number: step.number, order: wanted.order }, context);
      return await repository.closePull(step.number);
  }
}

const SAID = {
  create: "Making the branch.",
  move: "Moving the branch to what the files are now.",
  open: "Opening the pull request.",
  edit: "Changing the words of the pull request.",
  close: "Closing the pull request: the base branch has it all.",
};

async function sayMoot(
  { octokit, owner, repo, base }: Place & { octokit: Octokit },
  { number, order }: { number: number; order: number },
  context: Context,
): Promise<void> {
  const body = `\`${base}\` has these files as they are to be: there is nothing left to propose.`;
  const sticky = { repository: `${owner}/${repo}`, pull: number, order, body, whole: "the run" };
  await keepComment(octokit, { ...sticky, key: "propose-files" }, context);
}

function ended(because: Proposal["because"], look: Look): Proposal {
  const { pull, branch, changes, digest } = look;
  return { because, pull, changes, commit: digest ? branch?.sha : undefined };
}

/** A setting of the repository, or of its organisation. */
function isForbidden(error: unknown): boolean {
  const { status, message } = failureOf(error);
  return status === 403 && /not permitted to create or approve pull requests/i.test(message);
}

/** What looking again would not change. */
function isFinal(error: unknown): boolean {
  const { status = 500 } = failureOf(error);
  return error instanceof ActionError || [401, 403, 404, 429].includes(status);
}

function branchTaken({ branch }: Place, { branch: at }: Look): ActionError {
  return new ActionError("branch-taken", {
    what: `The branch ${branch} has commits of others, and was left as it is.`,
    why:
      `Its newest, ${at?.sha.slice(0, 7)}, is not as this ` +
      "action made it, and lacks these files.",
    next:
      "Merge it or take the commits elsewhere, delete the branch and run the " +
      "job again; or name another `branch`.",
  });
}

function unsettled({ branch }: Place): ActionError {
  return new ActionError("proposal-unsettled", {
    what: `The branch ${branch} does not stay as it was made.`,
    why: `In ${ROUNDS} rounds somebody or something changed it each time.`,
    next: "Let only one run at a time propose, by a concurrency group, and run the job again.",
  });
}
