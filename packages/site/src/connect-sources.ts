import type { Config } from "./config.ts";

/** What goes nowhere: a page's own bytes under an address. */
const OWN = ["'self'", "data:", "blob:"];

/** Nothing that could end a directive, or the attribute that it is written in. */
const ORIGIN = /^(https?|wss?):\/\/[\w.:[\]-]+$/;

/**
 * What a release's pages may connect to, as `connect-src` of a Content-Security-Policy has it: the
 * site, the origins that its configuration names, and what is given. Undefined where all that the
 * edge allows is given with `*`.
 */
export function connectSources(
  config: Config | undefined,
  given: readonly string[],
): string | undefined {
  if (given.includes("*")) return undefined;
  const named = config ? originsIn(config.text) : [];
  return [...new Set([...OWN, ...named, ...given])].join(" ");
}

/** Of these sources those that are not the site's own. */
export function otherSources(connect: string): string[] {
  return connect.split(" ").filter((source) => !OWN.includes(source));
}

/** Origins of the addresses that a configuration names, in order. */
export function originsIn(config: string): string[] {
  const found = textsIn(JSON.parse(config)).flatMap((text) => {
    const isAddress = /^(https?|wss?):\/\//i.test(text) && URL.canParse(text);
    return isAddress ? [new URL(text).origin] : [];
  });
  return [...new Set(found)].filter((origin) => ORIGIN.test(origin)).sort();
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (value === null || typeof value !== "object") return [];
  return Object.values(value).flatMap(textsIn);
}
