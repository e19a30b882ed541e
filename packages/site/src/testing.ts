import { digestOf } from "@playbook/state";
import type { Manifest } from "./manifest.ts";

export const ROUTES = { shared: ["/assets/"], own: [], routing: "single-page" as const };

/** A release with these files, by path and content; `assets/` is shared. */
export function manifestOf(release: string, contents: Record<string, string>): Manifest {
  const files = Object.entries(contents).map(([path, content]) => ({
    path,
    key: path.startsWith("assets/") ? path : `releases/${release}/${path}`,
    digest: digestOf(content),
    size: content.length,
    type: path.endsWith(".html") ? "text/html; charset=utf-8" : "text/plain; charset=utf-8",
    cache: "no-cache",
  }));
  return { version: 1, release, commit: null, config: null, routes: ROUTES, files };
}
