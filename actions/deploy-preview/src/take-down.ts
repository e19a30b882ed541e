import { type Context, orderOfTurn } from "@playbook/action";
import { keepComment, type Octokit, removeDeployments } from "@playbook/github";
import { type Commenter, commentAbout } from "@playbook/preview";
import type { Cloud } from "./cloud.ts";
import { goneText } from "./comment-text.ts";
import { removeFiles } from "./files.ts";
import { orderOf, prefixOf, siteOf } from "./name.ts";
import { hide } from "./switch.ts";

/** Where previews are and are told of. What runs later than this one's have shown is left alone. */
export type Place = Commenter & { bucket: string; environment: string };

/** What was taken away. */
export type Taken = { pull: number; wasShown: boolean; files: number; deployments: number };

/**
 * Takes away all that runs up to this one have left of a pull request's previews: what is shown
 * first, then its files, its deployments, and what the comment says. It can be done again at any
 * time.
 *
 * What a run that is under way has shown since is hidden once more when its files are gone. So it
 * has either been hidden, or its run, which looks after its files when they are shown, misses them.
 */
export async function takeDown(
  cloud: Cloud,
  octokit: Octokit,
  { pull, isMissing = false, ...place }: Place & { pull: number; isMissing?: boolean },
  context: Context,
): Promise<Taken> {
  const { repository, environment, turn, bucket } = place;
  const site = siteOf(bucket);
  const order = orderOfTurn(turn);
  const isGone = (name: string) => orderOf(name) <= order;

  const { was } = await hide(cloud.keys, { pull, order }, context);
  const listed = await cloud.list(prefixOf(pull));
  const files = await removeFiles(
    cloud,
    listed.filter(({ key }) => isGone(key)),
  );
  const { was: late } = await hide(cloud.keys, { pull, order }, context);
  const deployments = await removeDeployments(
    octokit,
    { repository, pull, environment, site },
    isGone,
  );
  // A pull request that there is not has no comments either.
  if (!isMissing) {
    const comment = { ...commentAbout(site, place, pull), body: goneText(), isNotMade: true };
    await keepComment(octokit, comment, context);
  }
  return { pull, wasShown: (was ?? late) !== undefined, files, deployments };
}

/** Whether there was anything to take away. */
export function isAnything({ wasShown, files, deployments }: Taken): boolean {
  return wasShown || files > 0 || deployments > 0;
}
