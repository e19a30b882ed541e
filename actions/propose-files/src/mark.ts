import { createHash } from "node:crypto";

/** What this action says of a commit that it makes. */
export type Mark = {
  /** Which of two runs is the newer one. */
  order: number;
  /** Of what it proposes. */
  digest: string;
};

/** A commit as far as it is known by what is in it. */
export type Marked = { message: string; tree: string; parents: string[] };

const LINE = /\n\nProposed-Files: (\d+) ([0-9a-f]{40}) ([0-9a-f]{40})$/;

/** The message of a commit that this action knows again. */
export function messageOf(
  title: string,
  { order, digest }: Mark,
  { tree, parents }: Omit<Marked, "message">,
): string {
  const check = checkOf([title, order, digest, tree, parents]);
  return `${title}\n\nProposed-Files: ${order} ${digest} ${check}`;
}

/**
 * The mark of a commit that is still as this action made it. One that a person has amended, rebased
 * or put on top has none, whoever its author is said to be: there may be work in it.
 */
export function markOf({ message, tree, parents }: Marked): Mark | undefined {
  const [line = "", written, digest = "", check] = LINE.exec(message.trimEnd()) ?? [];
  const order = Number(written);
  const title = message.trimEnd().slice(0, -line.length);
  const expected = checkOf([title, order, digest, tree, parents]);
  return line && check === expected ? { order, digest } : undefined;
}

/** A pull request's text, which this action knows again together with its title. */
export function textOf({ title, body }: { title: string; body: string }): string {
  return `${body.trim()}\n\n${lineOf({ title, body })}`.trim();
}

/** Whether a pull request's words are still those that this action has written. */
export function isOwnText({ title, body }: { title: string; body: string }): boolean {
  const plain = body.replaceAll("\r\n", "\n").trim();
  const own = plain.replace(/\n*<!-- proposed-files [0-9a-f]{40} -->$/, "");
  return own !== plain && plain.endsWith(lineOf({ title, body: own }));
}

function lineOf({ title, body }: { title: string; body: string }): string {
  const plain = body.replaceAll("\r\n", "\n").trim();
  return `<!-- proposed-files ${checkOf([title, plain])} -->`;
}

function checkOf(said: unknown): string {
  return createHash("sha256").update(JSON.stringify(said)).digest("hex").slice(0, 40);
}
