import type { Context } from "@playbook/action";
import type { Octokit } from "@playbook/github";
import { GraphNode } from "@playbook/subgraph";
import { goneText, say } from "./comment.ts";
import { type Place, previewName } from "./place.ts";

/** Takes a pull request's preview off the node, if there is one. Resolves to whether there was. */
export async function takeDown(
  place: Place,
  pull: number,
  octokit: Octokit,
  context: Context,
): Promise<boolean> {
  const node = new GraphNode(place, context);
  const name = previewName(place.name, pull);
  const { staged } = await node.look("", name, name);
  // A name without a version shows itself nowhere: removing one that is not there is no error.
  await node.remove(name);
  if (staged.length === 0) return false;
  context.progress(`Removed ${name}.`);
  const body = goneText(place, pull);
  await say(place, pull, { body, isNotMade: true }, octokit, context);
  return true;
}
