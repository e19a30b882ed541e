import { count } from "@playbook/action";
import { harmless } from "@playbook/github";
import { commitLink } from "@playbook/preview";
import { bytes, difference, growthTable, type Sized, sum } from "@playbook/site/sizes";
import type { Baseline } from "./baseline.ts";

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
  const against = change ? `; ${change} against ${baseline?.of}` : "";
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
  const body = growthTable(files, baseline.files, shortened);
  if (body === "") return [];
  const title = "<summary>What has grown or shrunk</summary>";
  return [`<details>${title}\n\n${harmless(body)}\n\n</details>`];
}

function shortened(path: string): string {
  return path.length > LONGEST_PATH ? `…${path.slice(-LONGEST_PATH)}` : path;
}
