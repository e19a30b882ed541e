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
 * @property {string[]} own Paths that belong to the release although their names look like it.
 * @property {"files"} [routing] Each page is a file of its own; else there is one page.
 * @property {true} [isolated] Nothing is shared: each file is the release's own, whatever it is
 *   called.
 */

/** A name of content: at least 8 characters that end the name before its one or two extensions. */
const NAMED_AFTER_CONTENT = /[-._][A-Za-z0-9_-]{8,}(\.[A-Za-z0-9]+){1,2}$/;
/** The whole name is one: a word would have neither digits nor capitals. */
const NAMED_ALTOGETHER =
  /^(?=[a-z_-]*[A-Z0-9])([A-Za-z0-9_-]{8}|[A-Za-z0-9]{9,})(\.[A-Za-z0-9]+){1,2}$/;

const CONFIG = /^\/config\.[0-9a-f]{16}\.json$/;
/** What no path of a site can reach, whatever the prefixes say, or may be that in disguise. */
const RESERVED = /^\/(state|releases|[^/]*[%+\\][^/]*)?(\/|$)/;
/** `.` and `..` as a segment, in any encoding. */
const DOT_SEGMENT = /(\/|\\|%2f|%5c)(\.|%2e){1,2}(?=\/|\\|%2f|%5c|$)/gi;

/**
 * Whether a file is shared by all releases and lies under its own path, because its name holds the
 * hash of its content.
 * @param {string} path As browsers send it: encoded, with its leading slash.
 * @param {Pick<Live, "shared" | "own" | "isolated">} rule
 * @returns {boolean}
 */
export function isShared(path, rule) {
  if (rule.isolated) return false;
  if (CONFIG.test(path)) return true;
  if (RESERVED.test(path) || rule.own.includes(path)) return false;
  if (!rule.shared.some((prefix) => path.startsWith(prefix))) return false;
  const name = lastSegment(path);
  return NAMED_AFTER_CONTENT.test(name) || NAMED_ALTOGETHER.test(name);
}

/**
 * The path in the bucket that answers a path of the site: a shared file, a file of the live
 * release, or one of its pages. S3 would read a plus as a space.
 * @param {string} uri
 * @param {Live} live
 * @returns {string}
 */
export function route(uri, live) {
  return answerTo(uri.replace(DOT_SEGMENT, "").replace(/^(?!\/)/, "/"), live).replace(/\+/g, "%2B");
}

/**
 * @param {string} path
 * @param {Live} live
 * @returns {string}
 */
function answerTo(path, live) {
  if (isShared(path, live)) return path;
  const name = lastSegment(path);
  const home = `/releases/${live.release}`;
  if (name.includes(".") || live.own.includes(path)) return home + path;
  if (live.routing !== "files") return `${home}/index.html`;
  return name === "" ? `${home + path}index.html` : `${home + path}.html`;
}

/**
 * @param {string} path
 * @returns {string}
 */
function lastSegment(path) {
  return path.slice(path.lastIndexOf("/") + 1);
}
