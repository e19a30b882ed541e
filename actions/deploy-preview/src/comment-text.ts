import { table } from "@playbook/action";
import { harmless } from "@playbook/github";
import { commitLink } from "@playbook/preview";
import { bytes, code, count, difference, growth, type Sized, sum } from "@playbook/site/sizes";
import type { Baseline } from "./baseline.ts";

/** As many files are shown that have grown or shrunk. */
const SHOWN = 10;

/** Of a path that a stranger may have written so much is shown. */
const LONGEST_PATH = 120;

export type ShownPreview = {
  url: string;
  sha: string;
  server: string;
  repository: string;
  files: Sized[];
  baseline: Baseline | undefined;
};

/** What the comment says of a preview that is shown: all but the names of files is ours. */
export function shownText({ url, sha, files, baseline, ...place }: ShownPreview): string {
  const size = `${count(files.length, "file")}, ${bytes(sum(files))}`;
  const change = baseline && difference(sum(files) - sum(baseline.files));
  const against = change ? `; ${change} against ${code(baseline?.of)}` : "";
  return [
    `**[${new URL(url).host}](${url})** shows ${commitLink(place, sha)}: ${size}${against}.`,
    ...(baseline ? grown(files, baseline) : []),
    "<sub>It runs the code of this pull request: connect no wallet that holds anything.</sub>",
  ].join("\n\n");
}

/** What it says once there is none any more. */
export function goneText(): string {
  return "The preview was taken away: the pull request is closed.";
}

function grown(files: Sized[], baseline: Baseline): string[] {
  const rows = growth(files, baseline.files)
    .slice(0, SHOWN)
    .map(({ path, size, by }) => [code(shortened(path)), bytes(size), difference(by)]);
  if (rows.length === 0) return [];
  const body = harmless(table(["File", "Size", "Change"], rows));
  return [`<details><summary>What has grown or shrunk</summary>\n\n${body}\n\n</details>`];
}

function shortened(path: string): string {
  return path.length > LONGEST_PATH ? `…${path.slice(-LONGEST_PATH)}` : path;
}
