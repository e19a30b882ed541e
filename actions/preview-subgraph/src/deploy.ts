import { ActionError, type Context, goOn, type Report } from "@playbook/action";
import { type Octokit, stateOfPull } from "@playbook/github";
import { type Candidate, pullToShow } from "@playbook/preview";
import {
  type Build,
  deploymentOf,
  faultOf,
  GraphNode,
  Ipfs,
  isReady,
  progressWords,
  queryUrl,
  readBuild,
  type Sample,
  type Status,
  sampled,
  verdictsOf,
} from "@playbook/subgraph";
import { type Standing, say, standingText } from "./comment.ts";
import { type Place, previewName } from "./place.ts";
import { nothingShown } from "./remove.ts";
import { takeDown } from "./take-down.ts";

export type DeployInputs = Omit<Candidate, "repository"> & {
  ipfs: string;
  ipfsToken?: string | undefined;
  lag: number;
  /** Milliseconds. */
  wait: number;
};

/** Does something with the folder of the build. */
type WithBuild = (work: (folder: string) => Promise<Report>) => Promise<Report>;

type Task = {
  place: Place;
  asked: DeployInputs;
  pull: number;
  build: Build;
  node: GraphNode;
  octokit: Octokit;
};

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 20_000;

/** How often a comment tells how far it is. */
const TOLD_EVERY_MS = 120_000;

/** Indexes a build for its pull request, if there is one at its commit: see action.yml. */
export async function deploy(
  place: Place,
  asked: DeployInputs,
  octokit: Octokit,
  withBuild: WithBuild,
  context: Context,
): Promise<Report> {
  const { pull, gone } = await pullToShow(octokit, { ...asked, repository: place.repository });
  if (!pull) return nothingShown(gone, context);
  return withBuild(async (folder) => {
    const build = await readBuild(folder, undefined);
    const node = new GraphNode(place, context);
    const task = { place, asked, pull: pull.number, build, node, octokit };
    await put(task, context);
    return follow(task, context);
  });
}

async function put({ place, asked, pull, build, node }: Task, context: Context): Promise<void> {
  const ipfs = new Ipfs(asked.ipfs, context, asked.ipfsToken);
  for (const upload of build.uploads) await ipfs.add(upload);
  const name = previewName(place.name, pull);
  await node.create(name);
  await node.deploy(name, deploymentOf(build.uploads));
  context.progress(`Deployed as ${name}.`);
}

/** Waits until it has caught up or failed, and says meanwhile how far it is. */
async function follow(task: Task, context: Context): Promise<Report> {
  const { asked, build, node } = task;
  const { clock, signal, progress } = context;
  const until = clock.now() + Math.max(0, asked.wait);
  const name = previewName(task.place.name, task.pull);
  let [samples, pause, toldAt]: [Sample[], number, number] = [[], FIRST_PAUSE_MS, -TOLD_EVERY_MS];

  for (;;) {
    goOn(context);
    const { status, staged } = await node.look(deploymentOf(build.uploads), name, name);
    if (await isOver(task)) return takenBack(task, context);
    if (!staged.includes(deploymentOf(build.uploads))) {
      return nothingShown(`A later run has taken ${name} over.`, context);
    }
    samples = status ? sampled(samples, status, clock.now()) : samples;
    const words = progressWords(status, samples);
    const standing = await standingOf(task, status, capitalised(words));
    if (standing.state !== "syncing" || clock.now() >= until) return tell(task, standing, context);

    progress(`${name}: ${words}`);
    if (clock.now() - toldAt >= TOLD_EVERY_MS) {
      await tell(task, standing, context);
      toldAt = clock.now();
    }
    await clock.sleep(Math.min(pause, until - clock.now()), signal);
    pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS);
  }
}

function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

async function standingOf(task: Task, status: Status | null, line: string): Promise<Standing> {
  const { asked, pull, build, node } = task;
  const deployment = deploymentOf(build.uploads);
  const told = { pull, sha: asked.headSha, deployment };
  const fault = status ? faultOf(status) : undefined;
  if (fault) {
    const at = fault.block === null ? "" : ` at block ${fault.block}`;
    return {
      ...told,
      state: "failed",
      line: `The node says${at}:\n\`\`\`\n${fault.message}\n\`\`\``,
    };
  }
  if (!status || !isReady(status, asked.lag)) return { ...told, state: "syncing", line };
  const verdicts = await verdictsOf(node, deployment, build.queries);
  return { ...told, state: "synced", line, verdicts };
}

/** Says it where people look: a comment, the job's summary. What fails, fails the job as well. */
async function tell(task: Task, standing: Standing, context: Context): Promise<Report> {
  const { place, pull, octokit } = task;
  const body = standingText(place, standing);
  const { url: comment } = await say(place, pull, { body }, octokit, context);
  const { deployment, state } = standing;
  const url = queryUrl(place.query, previewName(place.name, pull));
  const failure = failureOf(standing, comment);
  return {
    outputs: { url, deployment, state, "pull-request": pull, comment, removed: 0 },
    summary: `## Preview of #${pull}\n\n${body}`,
    ...(failure && { failure }),
  };
}

function failureOf(standing: Standing, comment: string): ActionError | undefined {
  const refused = standing.state === "synced" ? standing.verdicts.filter(({ why }) => why) : [];
  if (standing.state !== "failed" && refused.length === 0) return undefined;
  const what =
    standing.state === "failed"
      ? "The subgraph of the pull request failed while it was indexed."
      : `Not answered as expected: ${refused.length} of its own queries.`;
  return new ActionError("preview-failed", {
    what,
    why: `The comment tells: ${comment}`,
    next: "Mend the mappings, the schema or the expectation, and push again.",
  });
}

async function isOver({ place, pull, octokit }: Task): Promise<boolean> {
  const { repository } = place;
  return (await stateOfPull(octokit, { repository, number: pull })) !== "open";
}

/** A pull request that is closed meanwhile has been cleared already: what came late goes again. */
async function takenBack({ place, pull, octokit }: Task, context: Context): Promise<Report> {
  await takeDown(place, pull, octokit, context);
  return nothingShown(`#${pull} was closed meanwhile.`, context);
}
