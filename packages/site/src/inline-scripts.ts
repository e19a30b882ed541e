import { sourcesOf } from "./content-security-policy.ts";

/** A script inside HTML, as it begins: with no address, and of a type that is run. */
const INLINE = /<script(?![^>]*\ssrc\s*=)([^>]*)>/gi;
const DATA = /\stype\s*=(?!\s*["']?(text\/javascript|application\/javascript|module|importmap))/i;

/**
 * How many scripts inside a page its Content-Security-Policy keeps from running. A policy with
 * hashes or nonces is somebody's who knows what is in the page.
 */
export function forbiddenScripts(html: string, policy: string | undefined): number {
  const sources = policy && sourcesOf(policy, "script-src-elem", "script-src", "default-src");
  if (!sources || /'unsafe-inline'|'(sha\d+|nonce)-/.test(sources.join(" "))) return 0;
  const bare = html.replaceAll(/<!--[\s\S]*?-->/g, "");
  return [...bare.matchAll(INLINE)].filter(([, attributes = ""]) => !DATA.test(attributes)).length;
}
