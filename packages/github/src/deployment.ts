import { ActionError, type Context } from "@playbook/action";
import { failureOf, type Octokit } from "./octokit.ts";
import { refusal } from "./refusal.ts";

/** A pull request's preview among the deployments of a repository. */
export type PreviewPlace = {
  /** `owner/name`. */
  repository: string;
  /** Number of the pull request. */
  pull: number;
  /** GitHub environment that all previews share. */
  environment: string;
  /** Which site is previewed, of a repository that has several. */
  site: string;
};

export type Preview = PreviewPlace & {
  /** Commit of the head that is shown. */
  sha: string;
  /** Tells this preview from the pull request's earlier ones. */
  release: string;
  url: string;
  /** Page of the run that deployed it. */
  log: string;
};

/** A deployment of a preview, as far as it is judged. */
export type KnownPreview = { id: number; pull: number; release: string };

/** How often a deployment is made whose reply got lost, after a look that it is not there. */
const LOSSES = 3;

const PERMISSION = "deployments: write";

/**
 * Makes this preview the one deployment of its pull request: made or found, and its success told.
 * The one of the highest order is left, whoever looks; others are made inactive and deleted. Throws
 * what `refusal` makes.
 */
export async function keepDeployment(
  octokit: Octokit,
  preview: Preview,
  orderOf: (release: string) => number,
  context: Context,
): Promise<void> {
  const id = await made(octokit, preview, context);
  await succeed(octokit, preview, id);
  const all = await deploymentsOf(octokit, preview);
  const newest = Math.max(orderOf(preview.release), ...all.map(({ release }) => orderOf(release)));
  const others = all.filter((one) => orderOf(one.release) < newest);
  for (const other of others) await remove(octokit, preview, other.id);
}

/**
 * Makes those deployments of a pull request inactive and deletes them that `isGone` names. Returns
 * how many went. Throws what `refusal` makes.
 */
export async function removeDeployments(
  octokit: Octokit,
  at: PreviewPlace,
  isGone: (release: string) => boolean,
): Promise<number> {
  const gone = (await deploymentsOf(octokit, at)).filter(({ release }) => isGone(release));
  for (const { id } of gone) await remove(octokit, at, id);
  return gone.length;
}

async function succeed(octokit: Octokit, preview: Preview, id: number): Promise<void> {
  const { url: environment_url, log: log_url } = preview;
  const where = { ...place(preview), deployment_id: id };
  await told(preview.pull, async () => {
    const { data: statuses } = await octokit.rest.repos.listDeploymentStatuses(where);
    if (statuses[0]?.state === "success" && statuses[0].environment_url === environment_url) return;
    await octokit.rest.repos.createDeploymentStatus({
      ...{ ...where, state: "success", environment_url, log_url },
      // Those of other pull requests are none of its matter.
      auto_inactive: false,
    });
  });
}

/** Only an inactive one can be deleted. One that is gone already is no error. */
async function remove(octokit: Octokit, at: PreviewPlace, id: number): Promise<void> {
  const where = { ...place(at), deployment_id: id };
  await told(at.pull, async () => {
    try {
      const status = { ...where, state: "inactive" as const, auto_inactive: false };
      await octokit.rest.repos.createDeploymentStatus(status);
      await octokit.rest.repos.deleteDeployment(where);
    } catch (error) {
      if (failureOf(error).status !== 404) throw error;
    }
  });
}

/** The previews that are deployments of an environment; of one pull request if it is named. */
export async function deploymentsOf(
  octokit: Octokit,
  at: Omit<PreviewPlace, "pull"> & { pull?: number },
): Promise<KnownPreview[]> {
  const { repository, environment, site, pull } = at;
  const asked = { ...place({ repository }), environment, per_page: 100 };
  const all = await told(pull, () =>
    octokit.paginate(octokit.rest.repos.listDeployments, {
      ...{ ...asked, ...(pull !== undefined && { task: taskOf({ site, pull }) }) },
    }),
  );
  return all.flatMap(({ id, task, payload }) => {
    const number = Number(/:pr-([1-9]\d*)$/.exec(task)?.[1]);
    if (task !== taskOf({ site, pull: number })) return [];
    if (pull !== undefined && number !== pull) return [];
    return [{ id, pull: number, release: releaseIn(payload) }];
  });
}

/**
 * The id of this preview's deployment. A reply that is lost is looked for before it is asked again.
 */
async function made(octokit: Octokit, preview: Preview, context: Context): Promise<number> {
  const { pull, sha: ref, environment, release } = preview;
  for (let losses = 0; ; losses += 1) {
    const known = await deploymentsOf(octokit, preview);
    const own = known.find((one) => one.release === release);
    if (own) return own.id;
    const answer = await told(pull, async () => {
      try {
        return await octokit.rest.repos.createDeployment({
          ...{ ...place(preview), ref, environment, task: taskOf(preview) },
          ...{ description: `Preview of #${pull}`, payload: { pull, release } },
          ...{ auto_merge: false, required_contexts: [] },
          ...{ transient_environment: true, production_environment: false },
        });
      } catch (error) {
        const { status = 500 } = failureOf(error);
        if (error instanceof ActionError || status < 500 || losses + 1 >= LOSSES) throw error;
        return undefined;
      }
    });
    if (answer && "id" in answer.data) return answer.data.id;
    if (answer) throw new Error("GitHub answered with no deployment");
    await context.clock.sleep(1_000 * 2 ** losses, context.signal);
  }
}

/** Tells the deployments of a site and pull request from all others; GitHub lists by it. */
function taskOf({ site, pull }: Pick<PreviewPlace, "site" | "pull">): string {
  return `preview:${site}:pr-${pull}`;
}

/** What we wrote; GitHub gives a payload back as an object or as its text. */
function releaseIn(payload: unknown): string {
  const value = typeof payload === "string" ? parsed(payload) : payload;
  const { release } = (value ?? {}) as { release?: unknown };
  return typeof release === "string" ? release : "";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function place({ repository }: { repository: string }): { owner: string; repo: string } {
  const [owner = "", repo = ""] = repository.split("/");
  return { owner, repo };
}

async function told<Result>(
  pull: number | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const whose = pull === undefined ? "of previews" : `of pull request #${pull}`;
    throw refusal(error, { doing: `the deployments ${whose}`, permission: PERMISSION });
  }
}
