import { root } from "../tools.ts";
import { type Change, changesBetween } from "./changes.ts";
import type { Git } from "./git.ts";
import { surfaceAt, surfaceOf } from "./surface.ts";
import type { Version } from "./version.ts";

/** What has happened since the release before. */
export type History = {
  since: Version | undefined;
  changes: Change[];
  /** Subjects of the commits that change something of what runs. */
  runs: string[];
  /** Those of the others: tests, documents, tools. */
  beside: string[];
};

/** What is in a release, or decides what is in its bundle. */
const RUNS = [
  ...["actions", "packages", "workflows", "templates", "scripts/build.ts", "pnpm-lock.yaml"],
  ...[":(exclude,glob)**/test/**", ":(exclude,glob)**/*.md"],
];

/** From a release, which stands on the commit that it was built from, to HEAD. */
export function historySince(git: Git, since: Version | undefined): History {
  if (!since) return { since, changes: [], runs: [], beside: [] };

  const log = (...paths: string[]) => {
    const range = `${since.tag}^..HEAD`;
    const subjects = git(["log", "--no-merges", "--format=%s (%h)", range, "--", ...paths]);
    return subjects.split("\n").filter(Boolean);
  };
  const runs = log(...RUNS);
  const beside = log().filter((subject) => !runs.includes(subject));
  return { since, changes: changesSince(since), runs, beside };
}

/** What users rely on and is otherwise in this work tree. */
export function changesSince({ tag }: Version): Change[] {
  return changesBetween(surfaceAt(tag), surfaceOf(root));
}
