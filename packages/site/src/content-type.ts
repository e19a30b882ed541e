import { lookup } from "mrmime";

const UNKNOWN = "application/octet-stream";

/** Files without an extension whose type a standard names. */
const NAMED: Record<string, string> = {
  "apple-app-site-association": "application/json",
};

/** What the published list of types has not, and builds make. */
const FURTHER: Record<string, string> = { ico: "image/x-icon", map: "application/json" };

const TEXT = /^text\/|[/+](json|xml|javascript|manifest\+json)$/;

/** The `Content-Type` of a file by its name, with the character set of text. */
export function contentType(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  const type = NAMED[name] ?? FURTHER[extension] ?? lookup(name) ?? UNKNOWN;
  return TEXT.test(type) ? `${type}; charset=utf-8` : type;
}
