import { isShared } from "./edge/route.js";

/** How the edge tells which file an address means. Paths begin with a slash. */
export type Routes = {
  /** Folders in which files with a hash in their names are shared by releases. */
  shared: string[];
  /** Files that belong to one release all the same. */
  own: string[];
  /** Whether addresses without an extension are the one page's, or each a page's own. */
  routing: "single-page" | "files";
  /** Nothing is shared, whatever it is called: releases are different people's. */
  isolated?: true | undefined;
};

/** Where builders put files whose names hold the hash of their content. */
const KNOWN_FOLDERS = [
  "/assets/",
  "/_next/static/",
  "/static/",
  "/_app/immutable/",
  "/_nuxt/",
  "/_astro/",
];

/** What an input says of routes. */
export type Asked = {
  immutable: string[] | undefined;
  perRelease: string[];
  routing: Routes["routing"];
};

/**
 * The routes of a build. Folders that the live release shares stay shared: pages of it that are
 * still open ask for what lies there.
 */
export function routesOf(paths: string[], asked: Asked, live: Routes | undefined): Routes {
  const found = KNOWN_FOLDERS.filter((folder) =>
    paths.some((path) => `/${path}`.startsWith(folder)),
  );
  const shared = new Set([...(asked.immutable ?? found), ...(live?.shared ?? [])]);
  return {
    shared: [...shared].sort(),
    own: asked.perRelease.map((path) => addressOf(path.slice(1))).sort(),
    routing: asked.routing,
  };
}

/** The routes of a build that has nothing in common with any other. */
export function isolatedRoutes({ perRelease, routing }: Omit<Asked, "immutable">): Routes {
  const own = perRelease.map((path) => addressOf(path.slice(1))).sort();
  return { shared: [], own, routing, isolated: true };
}

/** Whether releases share a file. The edge judges by the same rule. */
export function isSharedPath(path: string, routes: Routes): boolean {
  return isShared(addressOf(path), routes);
}

/** The path in an address, written as browsers write it. */
export function addressOf(path: string): string {
  return new URL(`http://site/${path.replaceAll(/[%?#\\]/g, encodeURIComponent)}`).pathname;
}
