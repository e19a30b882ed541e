import { lines } from "@playbook/action";
import { z } from "zod";

/** `Cache-Control` of files whose name changes with their content. */
export const FOREVER = "public, max-age=31536000, immutable";

/** Asked for again each time, which costs a 304 when nothing has changed. */
const EACH_TIME = "no-cache";

/** What the files of a pattern are served with. */
export type CacheRule = { pattern: string; value: string };

/** `pattern=value`, one a line; the first that fits counts. */
export const cacheRules = lines.transform((items, context) =>
  items.map((item): CacheRule => {
    const [, pattern, value] = /^([^=\s]+)\s*=\s*(\S.*)$/.exec(item) ?? [];
    if (pattern && value && isPlain(value)) return { pattern, value };
    context.addIssue(`"${item}" is not pattern=value, like *.pdf=public, max-age=3600.`);
    return z.NEVER;
  }),
);

function isPlain(value: string): boolean {
  return /^[\x20-\x7e]+$/.test(value);
}

/** How long browsers and the edge may keep a release's own file. No rule is for pages. */
export function cacheOf(path: string, type: string, rules: CacheRule[]): string {
  if (type.startsWith("text/html")) return EACH_TIME;
  return rules.find(({ pattern }) => fits(path, pattern))?.value ?? EACH_TIME;
}

/**
 * `*` stands for anything within a name and `**` for anything at all. A pattern without a slash is
 * for names in any folder.
 */
function fits(path: string, pattern: string): boolean {
  const subject = pattern.includes("/") ? `/${path}` : path.slice(path.lastIndexOf("/") + 1);
  const whole = pattern.includes("/") ? `/${pattern.replace(/^\//, "")}` : pattern;
  const source = whole
    .split(/(\*\*|\*)/)
    .map((part) => ({ "**": ".*", "*": "[^/]*" })[part] ?? escaped(part));
  return new RegExp(`^${source.join("")}$`, "s").test(subject);
}

function escaped(text: string): string {
  return text.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&");
}
