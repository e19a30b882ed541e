import { fit } from "@playbook/action";

export type Sticky = {
  /** `owner/name`. */
  repository: string;
  /** Number of the pull request. */
  pull: number;
  /** Tells comments of one pull request apart. */
  key: string;
  /** Which of two comments is the newer, for example the id of the run that it is about. */
  order: number;
  /** Markdown. What a stranger wrote has to be made harmless before. */
  body: string;
  /** Where the whole is, in Markdown, for a body that is too long. */
  whole: string;
  /** Login of the account that the token speaks for. */
  author?: string;
  /** Only a comment that is there is changed, and none is made. */
  isNotMade?: boolean;
};

/** A comment as GitHub lists it. */
export type Listed = {
  id: number;
  html_url: string;
  body?: string;
  user: { login: string } | null;
};

/** GitHub's limit, in characters. */
const LONGEST = 65_536;

/** The account of a job's own token. */
export const JOB_BOT = "github-actions[bot]";

export type Next = { remove: number[] } & (
  | { do: "done"; url: string; newer: boolean }
  | { do: "update"; id: number }
  | { do: "create" }
);

/** What this run did so far: comments that it made, ids of those that it changed. */
export type Done = { made: Listed[]; written: number[] };

/**
 * What is to be done about the comments there are. Whoever looks at the same comments keeps the
 * same one, the newest, so runs that work at the same time come to the same end. What this run made
 * counts as listed: a list may be a little behind.
 */
export function next(
  listed: Listed[],
  { key, order, body, author }: Pick<Sticky, "key" | "order" | "body"> & { author: string },
  { made, written }: Done = { made: [], written: [] },
): Next {
  const seen = new Set(listed.map(({ id }) => id));
  const own = [...listed, ...made.filter(({ id }) => !seen.has(id))]
    .filter(({ user }) => user?.login === author)
    .map((comment) => ({ comment, order: orderOf(comment, key) ?? -1 }))
    .filter((one) => one.order >= 0)
    .sort((a, b) => b.order - a.order || a.comment.id - b.comment.id);

  const [kept, ...others] = own;
  const remove = others.map(({ comment }) => comment.id);
  if (!kept) return { do: "create", remove };

  const { comment } = kept;
  const newer = kept.order > order;
  const mine = [...made.map(({ id }) => id), ...written].includes(comment.id);
  if (newer || comment.body === body || (mine && kept.order === order)) {
    return { do: "done", url: comment.html_url, newer, remove };
  }
  return { do: "update", id: comment.id, remove };
}

/** The body within GitHub's limit, behind the line that our comments are known by. */
export function bodyOf({ key, order, body, whole }: Omit<Sticky, "repository" | "pull">): string {
  const marker = `${markerOf(key)}${order} -->\n`;
  return marker + fit(body, whole, LONGEST - Buffer.byteLength(marker));
}

function markerOf(key: string): string {
  return `<!-- playbook ${encodeURIComponent(key)} `;
}

/** The marker counts at the start only: what follows it may have been written by anybody. */
function orderOf({ body = "" }: Listed, key: string): number | undefined {
  const marker = markerOf(key);
  if (!body.startsWith(marker)) return undefined;
  const [, order] = /^(\d+) -->/.exec(body.slice(marker.length)) ?? [];
  return order === undefined ? undefined : Number(order);
}
