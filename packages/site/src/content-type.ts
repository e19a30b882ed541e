import { lookup } from "mrmime";

const UNKNOWN = "application/octet-stream";

/** Files without an extension whose type a standard names. */
const NAMED: Record<string, string> = {
  "apple-app-site-association": "application/json",
  "atproto-did": "text/plain",
  "openid-configuration": "application/json",
};

/** What the published list of types has not or has otherwise, and builds make. */
const FURTHER: Record<string, string> = {
  // Browsers run no script of the type that is listed.
  cjs: "text/javascript",
  ico: "image/x-icon",
  m3u8: "application/vnd.apple.mpegurl",
  map: "application/json",
  usdz: "model/vnd.usdz+zip",
};

const TEXT = /^text\/|[/+](json|xml|javascript|manifest\+json)$/;

/** The `Content-Type` of a file by its name, with the character set of text. */
export function contentType(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  const type = NAMED[name] ?? FURTHER[extension] ?? lookup(name) ?? UNKNOWN;
  return TEXT.test(type) ? `${type}; charset=utf-8` : type;
}
