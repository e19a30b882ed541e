import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ActionError } from "@playbook/action";
import type { HelmHome } from "./helm-home.ts";

/** A chart and where it is: a folder or archive, an address, or a name in a repository. */
export type ChartSource =
  | { path: string }
  | { reference: string; version: string }
  | { repository: string; name: string; version: string };

/** One version and no range. */
const EXACT = /^v?\d+\.\d+\.\d+([-+][\w.+-]+)?$/;

/**
 * The chart on this machine, fetched once, so that what was looked at is what is applied. Throws
 * `chart-not-pinned`, `helm-failed`.
 */
export async function fetchChart(home: HelmHome, source: ChartSource): Promise<string> {
  if ("path" in source) return resolve(source.path);
  if (!EXACT.test(source.version)) throw notPinned(source.version);

  const folder = await home.newFolder("chart");
  const whence =
    "repository" in source ? [source.name, "--repo", source.repository] : [source.reference];
  // An archive's address has its version in itself.
  const version =
    "reference" in source && source.reference.endsWith(".tgz") ? [] : ["--version", source.version];
  await home.run(["pull", ...whence, ...version, "--destination", folder]);
  const [archive = ""] = (await readdir(folder)).filter((name) => name.endsWith(".tgz"));
  return join(folder, archive);
}

function notPinned(version: string): ActionError {
  return new ActionError("chart-not-pinned", {
    what: `"${version}" is no version of one chart.`,
    why: "With a range, what is applied is another chart tomorrow.",
    next: "Give the version in full, like 1.4.2.",
  });
}
