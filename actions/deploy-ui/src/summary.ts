import { code, count, shortRelease, table } from "@playbook/action";
import { otherSources } from "@playbook/site/connect-sources";
import { isPage, type Manifest, type ReleaseFile } from "@playbook/site/manifest";
import { isSharedPath } from "@playbook/site/routes";
import { bytes, difference, growthTable, sum } from "@playbook/site/sizes";
import type { Release } from "./site.ts";

export type Done = {
  manifest: Manifest;
  /** What this run has uploaded. */
  uploads: ReleaseFile[];
  changed: boolean;
  environment: string;
  url: string;
  /** What was live before. */
  before: Manifest | undefined;
};

/** As many of the largest files a plan shows. */
const SHOWN = 10;

/** The job summary of a release. */
export function summarize({ manifest, uploads, changed, environment, url, before }: Done): string {
  const { release, deployments } = manifest;
  const place = changed && before ? ` in place of ${code(shortRelease(before.release))}` : "";
  const parts = [
    `## ${environment}: ${code(shortRelease(release))}`,
    `${link(url)} shows it${place}${changed ? "" : ", as it did"}. ${uploaded(uploads)}`,
    sizes(manifest, before),
    before ? grown(manifest, before) : "",
    deployments ? `Its contracts are those of ${code(deployments)}.` : "",
    connections(manifest),
    wayBack(release, before?.release),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** The whole names, which a person needs to go back. */
function wayBack(release: string, before: string | undefined): string {
  const names = [
    ...(shortRelease(release) === release ? [] : [`Its whole name is ${code(release)}.`]),
    ...(before ? [`The way back: ${code(`rollback-to: ${before}`)}.`] : []),
  ];
  return names.length > 0 ? `<sub>${names.join(" ")}</sub>` : "";
}

function link(url: string): string {
  return `**[${new URL(url).host}](${url})**`;
}

/** The job summary of `mode: plan`. */
export function summarizePlan(manifest: Manifest): string {
  const largest = manifest.files.toSorted((one, other) => other.size - one.size).slice(0, SHOWN);
  const rows = largest.map((file) => [code(file.path), bytes(file.size), code(file.cache)]);
  return [
    `## Release ${code(shortRelease(manifest.release))} as planned`,
    sizes(manifest, undefined),
    connections(manifest),
    "<details><summary>The largest " +
      `files</summary>\n\n${table(["File", "Size", "Cache-Control"], rows)}\n\n</details>`,
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** Whoever misses an address here knows why a page does not get through to it. */
function connections({ connect }: Manifest): string {
  if (connect === undefined) return "";
  const others = otherSources(connect);
  return others.length === 0
    ? "Its pages connect to their own site alone."
    : `Its pages connect to their own site and ${others.map(code).join(", ")}.`;
}

type Back = Pick<Done, "changed" | "environment" | "url"> & {
  from: string | undefined;
  target: Release;
};

/** The job summary of `mode: rollback`. */
export function summarizeRollback({ from, target, environment, url, changed }: Back): string {
  const said = changed ? `in place of ${code(shortRelease(from ?? "nothing"))}.` : "as it did.";
  const title = `## ${environment}: back to ${code(shortRelease(target.id))}`;
  const ways = wayBack(target.id, changed ? from : undefined);
  return `${title}\n\n${link(url)} shows it ${said} Nothing was uploaded.\n\n${ways}`.trimEnd();
}

function uploaded(files: ReleaseFile[]): string {
  if (files.length === 0) return "Nothing had to be uploaded.";
  const size = files.reduce((sum, file) => sum + file.size, 0);
  return (
    `${count(files.length, "file")} (${bytes(size)}) ` +
    `${files.length === 1 ? "was" : "were"} uploaded.`
  );
}

function sizes(manifest: Manifest, before: Manifest | undefined): string {
  const kinds: [string, (file: ReleaseFile) => boolean][] = [
    ["Pages", isPage],
    ["Shared by releases", (file) => !isPage(file) && isSharedPath(file.path, manifest.routes)],
    ["Of this release", (file) => !isPage(file) && !isSharedPath(file.path, manifest.routes)],
  ];
  const rows = kinds.map(([name, is]) => {
    const own = manifest.files.filter(is);
    const old = before?.files.filter(is);
    return [name, own.length, bytes(sum(own)), ...(old ? [difference(sum(own) - sum(old))] : [])];
  });
  return table(["", "Files", "Size", ...(before ? ["Change"] : [])], rows);
}

/** What a person looks at first: which files made the site larger. */
function grown(manifest: Manifest, before: Manifest): string {
  const body = growthTable(manifest.files, before.files, (path) => path);
  if (body === "") return "";
  return `<details><summary>What has grown or shrunk</summary>\n\n${body}\n\n</details>`;
}
