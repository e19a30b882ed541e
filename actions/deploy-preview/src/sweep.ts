import type { Context, Report } from "@playbook/action";
import { deploymentsOf, type Octokit, removeDeployments } from "@playbook/github";
import { sweepEach } from "@playbook/preview";
import type { StoredFile } from "@playbook/site/listing";
import { type Cloud, openCloud, type Reach } from "./cloud.ts";
import { removeFiles } from "./files.ts";
import { readName, siteOf } from "./name.ts";
import { reportOf } from "./remove.ts";
import { shownOf } from "./switch.ts";
import { type Place, type Taken, takeDown } from "./take-down.ts";

/** So long a run that is under way may take, and more: its files are not shown yet. */
const UNDER_WAY_MS = 24 * 3_600_000;

export type SweepInputs = Reach & Place;

/**
 * Takes away what was missed: all of a closed pull request, and what nothing shows of an open one.
 */
export async function sweep(
  inputs: SweepInputs,
  octokit: Octokit,
  context: Context,
): Promise<Report> {
  const { repository, environment, bucket } = inputs;
  const site = siteOf(bucket);
  const cloud = await openCloud(inputs, context);
  // Deployments before what is shown: one that was made by then is stale when another is shown.
  const deployments = await deploymentsOf(octokit, { repository, environment, site });
  const files = await cloud.list("releases/pr-");
  const pulls = new Set([
    ...(await cloud.keys.list()).flatMap((key) => pullOf(key)),
    ...files.flatMap(({ key }) => readName(key)?.pull ?? []),
    ...deployments.map(({ pull }) => pull),
  ]);

  const { taken, failure } = await sweepEach(
    pulls,
    { octokit, repository },
    (pull, state) =>
      state === "open"
        ? tidy(cloud, octokit, { ...inputs, pull, files }, context)
        : takeDown(cloud, octokit, { ...inputs, pull, isMissing: state === "missing" }, context),
    context,
  );
  const report = reportOf(taken, `${pulls.size} previews are in order.`);
  return failure ? { ...report, failure } : report;
}

function pullOf(key: string): number[] {
  const number = Number(/^pr-([1-9]\d*)$/.exec(key)?.[1]);
  return number > 0 ? [number] : [];
}

type Open = SweepInputs & { pull: number; files: StoredFile[] };

/** Of an open pull request all goes that is not shown, once no run can be about to show it. */
async function tidy(
  cloud: Cloud,
  octokit: Octokit,
  { pull, files, repository, environment, bucket }: Open,
  { clock }: Context,
): Promise<Taken> {
  const at = { repository, environment, pull, site: siteOf(bucket) };
  const listed = await deploymentsOf(octokit, at);
  const shown = await shownOf(cloud.keys, pull);
  const known = new Set(listed.map(({ release }) => release));
  const before = clock.now() - UNDER_WAY_MS;
  const old = files.filter(({ key, at: made }) => {
    const name = readName(key);
    return name?.pull === pull && name.name !== shown && made < before;
  });
  const isStale = (release: string) => known.has(release) && release !== shown;
  return {
    ...{ pull, wasShown: false },
    files: await removeFiles(cloud, old),
    deployments: await removeDeployments(octokit, at, isStale),
  };
}
