import { orderOfTurn, type Turn } from "@playbook/action";

/** Which of a repository's sites it is: its bucket's name without the account's number. */
export function siteOf(bucket: string): string {
  return bucket.replace(/-\d{12}$/, "");
}

/** The key of the store, and the first label of the host. */
export function keyOf(pull: number): string {
  return `pr-${pull}`;
}

/**
 * The name of a run's preview. No two runs share one, so what one uploads no other counts on, and a
 * later run may delete an earlier one's files at any time.
 */
export function nameOf(pull: number, { run, attempt }: Turn): string {
  return `${keyOf(pull)}-${run}-${attempt}`;
}

/** What the keys of all files of a pull request's previews begin with. */
export function prefixOf(pull: number): string {
  return `releases/${keyOf(pull)}-`;
}

/** What the keys of one preview's files begin with. */
export function folderOf(name: string): string {
  return `releases/${name}/`;
}

type Name = { name: string; pull: number; order: number };

/** Reads a preview's name, or the key of one of its files; undefined for any other. */
export function readName(text: string): Name | undefined {
  const found = /^(?:releases\/)?(pr-([1-9]\d*)-(\d+)-(\d+))(?:\/|$)/.exec(text);
  if (!found) return undefined;
  const [, name = "", pull, run, attempt] = found;
  return {
    ...{ name, pull: Number(pull) },
    order: orderOfTurn({ run: Number(run), attempt: Number(attempt) }),
  };
}

/** Of what has no such name it is not known whose it is: it is older than anything. */
export function orderOf(name: string): number {
  return readName(name)?.order ?? -1;
}
