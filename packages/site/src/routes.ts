import { endingOf, isCommon, isShared } from "./edge/route.js";

/** Whether there is one page, or a file for each. */
export type Routing = "single-page" | "files";

/** How the edge tells which file an address means. Paths begin with a slash. */
export type Routes = {
  /** Folders in which files with a hash in their names are shared by releases. */
  shared: string[];
  /** Scripts and styles with one are shared wherever they lie. */
  code?: true | undefined;
  /** Files that belong to one release all the same. */
  own: string[];
  /** Whether addresses of no file are the one page's, or each a page's own: see edge/route.js. */
  routing: Routing | "folders";
  /** Addresses of pages that are the other of files and folders. */
  others?: string[] | undefined;
  /** What ends names of the build's files, beside what is common. */
  endings?: string[] | undefined;
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
  routing: Routing;
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
  const isFree = asked.immutable === undefined || live?.code;
  return { shared: [...shared].sort(), ...(isFree && { code: true }), ...namesOf(paths, asked) };
}

/** The routes of a build that has nothing in common with any other. */
export function isolatedRoutes(paths: string[], asked: Omit<Asked, "immutable">): Routes {
  return { shared: [], ...namesOf(paths, asked), isolated: true };
}

/** A value of the edge's store is short: beyond so many characters there can be both. */
const MOST_OTHERS = 300;

/** Pages that answer to no address of their own. */
const UNNAMED = ["index.html", "404.html", "200.html"];

/** What the edge has to be told to find a build's files and pages by their addresses. */
function namesOf(paths: string[], { perRelease, routing }: Omit<Asked, "immutable">) {
  const nameless = paths.filter((path) => !lastOf(path).includes("."));
  const claimed = [...perRelease.map((path) => path.slice(1)), ...nameless];
  const named = paths.map((path) => lastOf(addressOf(path))).filter((name) => name.includes("."));
  const endings = new Set(named.filter((name) => !isCommon(name)).map(endingOf));
  return {
    own: [...new Set(claimed.map(addressOf))].sort(),
    ...(endings.size > 0 && { endings: [...endings].sort() }),
    ...(routing === "files" ? pagesOf(paths) : { routing }),
  };
}

/** Whether most pages are files or folders, and which are the other of the two. */
function pagesOf(paths: string[]): Pick<Routes, "routing" | "others"> {
  const pages = paths.filter((path) => path.endsWith(".html") && !UNNAMED.includes(path));
  const folders = new Set(
    pages.filter((path) => lastOf(path) === "index.html").map((path) => path.slice(0, -11)),
  );
  const files = new Set(
    pages.filter((path) => lastOf(path) !== "index.html").map((path) => path.slice(0, -5)),
  );
  const isMostly = folders.size > files.size;
  const [main, rest] = isMostly ? [folders, files] : [files, folders];
  const others = [...rest].filter((name) => !main.has(name)).map(addressOf);
  return {
    routing: isMostly ? "folders" : "files",
    ...(JSON.stringify(others).length <= MOST_OTHERS && { others: others.sort() }),
  };
}

/** So many pages beside the one are no search engine's proofs, nor a frame of it. */
const SOME_PAGES = 3;

/** What to say of a build that has pages of their own, where only one page is shown. */
export function hiddenPages(paths: string[], routing: Routing): string | undefined {
  const pages = paths.filter((path) => path.endsWith(".html") && !UNNAMED.includes(path));
  const isSite = pages.length >= SOME_PAGES || pages.some((path) => lastOf(path) === "index.html");
  if (routing !== "single-page" || !isSite) return undefined;
  return (
    `The build has pages of their own, such as ${pages[0]}, and \`routing: single-page\` shows ` +
    "index.html for their addresses: `routing: files` shows them."
  );
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Whether releases share a file. The edge judges by the same rule. */
export function isSharedPath(path: string, routes: Routes): boolean {
  return isShared(addressOf(path), routes);
}

/** The path in an address, written as browsers write it. */
export function addressOf(path: string): string {
  return new URL(`http://site/${path.replaceAll(/[%?#\\]/g, encodeURIComponent)}`).pathname;
}
