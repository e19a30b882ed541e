import { isDeepStrictEqual } from "node:util";
import type { PageRequest } from "@playbook/world";
import type { Releases } from "./stand.ts";

/** What a release adds to a page's head, and nothing else. */
const ADDED = new RegExp(
  [
    '<meta name="playbook-[^>]*>',
    '<meta http-equiv="Content-Security-Policy" content="connect-src [^>]*>',
    '<link rel="preload"[^>]*data-config>',
  ].join("|"),
  "g",
);

const RELEASE = /<meta name="playbook-release" content="([^"]+)">/;
const CONFIG = /<meta name="playbook-config" content="([^"]+)">/;
const REFERENCE = /(?:src|href)="(\/assets\/[^"]+)"/g;

/** Which release a load of the page shows, and all in it that is not this release's. */
export type Verdict = { release: string | undefined; faults: string[] };

/** Judges what was asked for in one load, the page itself first, by what the builds made. */
export function judge([page, ...rest]: PageRequest[], releases: Releases): Verdict {
  const html = page?.body?.toString() ?? "";
  const release = RELEASE.exec(html)?.[1];
  const known = releases[release ?? ""];
  if (!page || !known) return { release, faults: [`the page is ${page?.status}: ${html}`] };
  const { build, config } = known;
  const configPath = CONFIG.exec(html)?.[1] ?? "";
  const faults: string[] = [];

  const isAsBuilt = (path: string, body: Buffer = Buffer.alloc(0)) =>
    path === configPath
      ? isDeepStrictEqual(JSON.parse(body.toString()), config)
      : (build.files.get(path)?.equals(body) ?? false);

  if (html.replaceAll(ADDED, "") !== build.files.get("/index.html")?.toString()) {
    faults.push(`the page of ${release} is another`);
  }
  const asked = rest.map((request) => ({ ...request, path: new URL(request.url).pathname }));
  for (const { path, status, body } of asked) {
    if (status !== 200) faults.push(`${path} of ${release} is ${status}`);
    else if (!isAsBuilt(path, body)) faults.push(`${path} is not of ${release}`);
  }
  const named = [...html.matchAll(REFERENCE)].map(([, path = ""]) => path);
  for (const path of [configPath, ...named]) {
    if (!asked.some((one) => one.path === path)) faults.push(`${path} was not asked for`);
  }
  return { release, faults };
}
