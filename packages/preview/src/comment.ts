import { orderOfTurn, type Turn } from "@playbook/action";
import type { Sticky } from "@playbook/github";

/** Whose comments they are, and which run writes them. */
export type Commenter = {
  /** `owner/name`. */
  repository: string;
  /** URL of GitHub's pages. */
  server: string;
  author: string;
  turn: Turn;
};

/**
 * The one comment that a pull request has about a preview, all but what it says; and the page of
 * the run, which has the whole. `shown` tells a repository's sites and subgraphs apart.
 */
export function commentAbout(
  shown: string,
  { repository, server, author, turn }: Commenter,
  pull: number,
): Omit<Sticky, "body"> & { page: string } {
  const page = `${server}/${repository}/actions/runs/${turn.run}`;
  const whole = `[the run](${page})`;
  const key = `preview/${shown}`;
  return { repository, pull, key, order: orderOfTurn(turn), author, page, whole };
}

/** A commit as a link, in Markdown. */
export function commitLink(
  { repository, server }: Pick<Commenter, "repository" | "server">,
  sha: string,
): string {
  return `[\`${sha.slice(0, 7)}\`](${server}/${repository}/commit/${sha})`;
}
