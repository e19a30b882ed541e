import type { Context, Report } from "@playbook/action";
import { keepComment, keepDeployment, type Octokit, stateOfPull } from "@playbook/github";
import { type Candidate, commentAbout, pullToShow } from "@playbook/preview";
import { faultAt, unserved } from "@playbook/site/verify";
import { addressFor, checkApart } from "./apart.ts";
import { type Baseline, baselineOf } from "./baseline.ts";
import { type Cloud, openCloud, type Reach } from "./cloud.ts";
import { shownText } from "./comment-text.ts";
import { removeFiles } from "./files.ts";
import { folderOf, keyOf, orderOf, prefixOf, siteOf } from "./name.ts";
import { type Made, makePreview, type PreviewInputs, upload } from "./preview.ts";
import { show, shownOf } from "./switch.ts";
import { type Place, takeDown } from "./take-down.ts";

export type DeployInputs = Reach &
  Place &
  PreviewInputs &
  Candidate & {
    url: string;
    productionUrl: string;
    productionKeyValueStore?: string | undefined;
    verify: number;
  };

/** Does something with the folder of the site that was built. */
type WithSite = (work: (folder: string) => Promise<Report>) => Promise<Report>;

type Task = { inputs: DeployInputs; octokit: Octokit; pull: number; cloud: Cloud; made: Made };

/** Shows a build on its pull request, if there is one at its commit: see action.yml. */
export async function deploy(
  inputs: DeployInputs,
  octokit: Octokit,
  withSite: WithSite,
  context: Context,
): Promise<Report> {
  checkApart(inputs);
  const { pull, gone } = await pullToShow(octokit, inputs);
  if (!pull) return nothingShown(gone, context);
  return withSite(async (folder) => {
    const cloud = await openCloud(inputs, context);
    const made = await makePreview(inputs, { folder, pull: pull.number, cloud }, context);
    return present({ inputs, octokit, pull: pull.number, cloud, made }, context);
  });
}

async function present(task: Task, context: Context): Promise<Report> {
  const { inputs, pull, cloud, made } = task;
  const name = made.manifest.release;
  const before = await shownOf(cloud.keys, pull);
  const baseline = await baselineOf(cloud, { ...inputs, before }, context);

  await upload(cloud, made, context);
  const shown = await show(cloud.keys, { pull, name, text: made.text }, context);
  if (shown !== name) return overtaken(task, `A later run shows ${shown}.`, context);
  // A pull request that is closed meanwhile has been cleared already, so what came late goes again;
  // opened again since, it lacks what was cleared.
  if ((await isClosed(task)) || !(await isWhole(task))) return takenBack(task, context);
  context.progress(`${name} is shown.`);

  const url = addressFor(inputs.url, keyOf(pull));
  const fault = await faultIn(task, url, context);
  if (fault !== undefined) return unshown(task, url, fault, context);
  const report = await tell(task, url, baseline, context);
  const isGone = (await shownOf(cloud.keys, pull)) === undefined;
  if (isGone || (await isClosed(task))) return takenBack(task, context);
  await forget(task, before);
  return report;
}

async function faultIn({ inputs, pull, cloud, made }: Task, url: string, context: Context) {
  const { verify: times } = inputs;
  const { manifest } = made;
  if (times === 0) return undefined;
  const isMoot = async () => (await shownOf(cloud.keys, pull)) !== manifest.release;
  return faultAt({ ...{ url, manifest, times }, isOurs: true, isMoot, context });
}

/** A newer preview, or none because the pull request was closed, is no fault of this one. */
async function unshown(task: Task, url: string, fault: string, context: Context): Promise<Report> {
  const { cloud, pull, made } = task;
  if (await isClosed(task)) return takenBack(task, context);
  const shown = await shownOf(cloud.keys, pull);
  const { release } = made.manifest;
  if (shown === undefined) return overtaken(task, "It was taken away meanwhile.", context);
  if (shown !== release) return overtaken(task, `A later run shows ${shown}.`, context);
  throw unserved(release, url, fault, "It stays where it is.");
}

/** Says it where people look: a deployment, a comment, the job's summary. */
async function tell(
  { inputs, octokit, pull, made }: Task,
  url: string,
  baseline: Baseline | undefined,
  context: Context,
): Promise<Report> {
  const { repository, environment, headSha: sha } = inputs;
  const { release } = made.manifest;
  const site = siteOf(inputs.bucket);
  const comment = commentAbout(site, inputs, pull);
  const body = shownText({ ...inputs, url, sha, files: made.manifest.files, baseline });
  const shown = { sha, release, url, log: comment.page };
  const deployment = { repository, pull, environment, site, ...shown };
  await keepDeployment(octokit, deployment, orderOf, context);
  const { url: commented } = await keepComment(octokit, { ...comment, body }, context);
  return {
    outputs: { url, "pull-request": pull, comment: commented, removed: 0 },
    summary: `## Preview of #${pull}\n\n${body}`,
  };
}

/** What was shown before stays until the next time: the edge is not everywhere told at once. */
async function forget({ cloud, pull, made }: Task, before: string | undefined): Promise<void> {
  const kept = [made.manifest.release, before].flatMap((name) => (name ? folderOf(name) : []));
  const files = (await cloud.list(prefixOf(pull))).filter(
    ({ key }) =>
      orderOf(key) < orderOf(made.manifest.release) &&
      !kept.some((folder) => key.startsWith(folder)),
  );
  await removeFiles(cloud, files);
}

async function isClosed({ inputs, octokit, pull }: Task): Promise<boolean> {
  const { repository } = inputs;
  return (await stateOfPull(octokit, { repository, number: pull })) !== "open";
}

async function isWhole({ cloud, made }: Task): Promise<boolean> {
  const { files, release } = made.manifest;
  return (await cloud.list(folderOf(release))).length === files.length;
}

async function takenBack(task: Task, context: Context): Promise<Report> {
  const { inputs, octokit, pull, cloud } = task;
  await takeDown(cloud, octokit, { ...inputs, pull }, context);
  return nothingShown(`#${pull} was closed meanwhile.`, context);
}

async function overtaken(
  { cloud, made, pull }: Task,
  why: string,
  context: Context,
): Promise<Report> {
  await removeFiles(cloud, await cloud.list(folderOf(made.manifest.release)));
  return nothingShown(`The preview of #${pull} was overtaken. ${why}`, context);
}

/** Somebody was faster, and nobody did anything wrong. */
function nothingShown(why: string, { progress }: Context): Report {
  progress(`${why} Nothing is shown by this run.`);
  return {
    outputs: { url: "", "pull-request": "", comment: "", removed: 0 },
    summary: `No preview: ${why}`,
  };
}
