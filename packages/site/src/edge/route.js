/*
 * Which object of the bucket a path of the site is. CloudFront's function and the action share this
 * file, so it keeps to what CloudFront's runtime knows: no destructuring, no spread, no for-of, no
 * classes, no default parameters, no optional chaining.
 */

/**
 * What is live: the value of the key `live`, at most 1 KB of it.
 * @typedef {object} Live
 * @property {1} version
 * @property {string} release
 * @property {string[]} shared Prefixes below which files are named after their content.
 * @property {true} [code] Scripts and styles are shared wherever they lie, if they are named after
 *   their content beyond doubt.
 * @property {string[]} own Paths that belong to the release although their names look like it.
 * @property {"files" | "folders"} [routing] Each page is a file of its own, `/docs` the file
 *   docs.html or docs/index.html; else there is one page.
 * @property {string[]} [others] Addresses of pages that are the other of the two. Without it there
 *   can be both.
 * @property {string[]} [endings] What ends names of files, beside what is common.
 * @property {true} [isolated] Nothing is shared: each file is the release's own, whatever it is
 *   called.
 */

/** A name of content is 8 characters that are no words, before one or two extensions: most have so. */
const NAMED_BY_EIGHT = /(^|[-._])(?![A-Z]?[a-z-]+\.)[A-Za-z0-9_-]{8}(\.[A-Za-z0-9]+){1,2}$/;
/** Or more with a digit, which a word would not have, and that are no address of a contract. */
const NAMED_BY_MORE = /(^|[-._])(?!0x)(?=[A-Za-z]*[0-9])[A-Za-z0-9]{9,}(\.[A-Za-z0-9]+){1,2}$/;
const NAMED_BY_MIX = /[-._](?=[^.]*[A-Z])(?=[^.]*[0-9])[A-Za-z0-9_-]{9,}(\.[A-Za-z0-9]+){1,2}$/;

/** Here a builder puts nothing that changes under its name, whatever that looks like. */
const NAMED_BY_FOLDER = /^\/(_next\/static|_app\/immutable|_nuxt\/builds\/meta)\//;

/** Code that is named after its content beyond doubt, as some builders put it beside the pages. */
const CODE =
  /^(?!precache-manifest).*[-._](?![A-Z]?[a-z-]+\.)([A-Za-z0-9_-]{8}|(?=[a-f]*[0-9])[0-9a-f]{9,})(\.[A-Za-z0-9]+)?\.(m?js|css|wasm)(\.map)?$/;

/**
 * What sites are made of: asked for and not there it is missing, and no page. Another ending is part
 * of a name, as of `/names/alice.eth` and `/docs/v1.2`.
 */
const FILE =
  /\.(avif|bmp|css|csv|gif|html?|ico|jpe?g|js|json|map|md|mjs|mp3|mp4|pdf|png|svg|txt|wasm|webm|webmanifest|webp|woff2?|xml|zip)$/i;

const CONFIG = /^\/config\.[0-9a-f]{16}\.json$/;
/** What no path of a site can reach, whatever the prefixes say, or may be that in disguise. */
const RESERVED = /^\/(state|releases|[^/]*[%+\\][^/]*)?(\/|$)/;
/** `.` and `..` as a segment, in any encoding. */
const DOT_SEGMENT = /(\/|\\|%2f|%5c)(\.|%2e){1,2}(?=\/|\\|%2f|%5c|$)/gi;

/**
 * Whether a file is shared by all releases and lies under its own path, because its name holds the
 * hash of its content.
 * @param {string} path As browsers send it: encoded, with its leading slash.
 * @param {Pick<Live, "shared" | "code" | "own" | "isolated">} rule
 * @returns {boolean}
 */
export function isShared(path, rule) {
  if (rule.isolated) return false;
  if (CONFIG.test(path)) return true;
  if (RESERVED.test(path) || rule.own.includes(path)) return false;
  const name = lastSegment(path);
  if (rule.code && CODE.test(name)) return true;
  if (!rule.shared.some((prefix) => path.startsWith(prefix))) return false;
  if (NAMED_BY_FOLDER.test(path)) return true;
  return NAMED_BY_EIGHT.test(name) || NAMED_BY_MORE.test(name) || NAMED_BY_MIX.test(name);
}

/**
 * The path in the bucket that answers a path of the site: a shared file, a file of the live
 * release, or one of its pages. S3 would read a plus as a space.
 * @param {string} uri
 * @param {Live} live
 * @returns {string}
 */
export function route(uri, live) {
  return answerTo(cleaned(uri), live).replace(/\+/g, "%2B");
}

/**
 * Where a page is that is asked for with a slash too few or too many at its end, so that what it
 * names relative to itself is found; null where it is nowhere else. Never another host's.
 * @param {string} uri
 * @param {Live} live
 * @returns {string | null}
 */
export function movedTo(uri, live) {
  const path = cleaned(uri);
  if (live.routing === undefined || !/^(\/[^/\\]+)+\/?$/.test(path)) return null;
  if (isShared(path, live) || isFile(path, live)) return null;
  if (lastSegment(path) !== "") return isFolder(path, live) ? `${path}/` : null;
  const bare = path.slice(0, -1);
  return live.others !== undefined && !isFolder(bare, live) ? bare : null;
}

/**
 * @param {string} uri
 * @returns {string}
 */
function cleaned(uri) {
  return uri.replace(DOT_SEGMENT, "").replace(/^(?!\/)/, "/");
}

/**
 * @param {string} path
 * @param {Live} live
 * @returns {string}
 */
function answerTo(path, live) {
  if (isShared(path, live)) return path;
  const home = `/releases/${live.release}`;
  if (isFile(path, live)) return home + path;
  if (live.routing === undefined) return `${home}/index.html`;
  if (lastSegment(path) === "") return `${home + path}index.html`;
  return home + path + (isFolder(path, live) ? "/index.html" : ".html");
}

/**
 * @param {string} path
 * @param {Live} live
 * @returns {boolean}
 */
function isFile(path, live) {
  const name = lastSegment(path);
  if (live.own.includes(path) || isCommon(name)) return true;
  return name.includes(".") && (live.endings || []).includes(endingOf(name));
}

/**
 * Whether a name is a file's whatever the release has.
 * @param {string} name
 * @returns {boolean}
 */
export function isCommon(name) {
  return FILE.test(name);
}

/**
 * @param {string} name
 * @returns {string}
 */
export function endingOf(name) {
  return name.slice(name.lastIndexOf(".") + 1).toLowerCase();
}

/**
 * Whether a page is the index of a folder, by its address without a slash at its end.
 * @param {string} path
 * @param {Live} live
 * @returns {boolean}
 */
function isFolder(path, live) {
  return (live.routing === "folders") !== (live.others || []).includes(path);
}

/**
 * @param {string} path
 * @returns {string}
 */
function lastSegment(path) {
  return path.slice(path.lastIndexOf("/") + 1);
}
