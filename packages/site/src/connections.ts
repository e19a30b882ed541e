import { originsIn } from "./connect-sources.ts";
import { sourcesOf } from "./content-security-policy.ts";

export type Forbidden = {
  /** Origins that the configuration names and no code of the page may ask. */
  origins: string[];
  /** What the policy would have to let code ask beside the site itself. */
  needed: string[];
};

/**
 * What a page's Content-Security-Policy keeps its code from, of what its configuration names: a
 * subgraph or an RPC that browsers refuse to ask.
 */
export function forbiddenConnections(
  config: string,
  policy: string | undefined,
  site: string,
): Forbidden {
  const sources = policy && sourcesOf(policy, "connect-src", "default-src");
  if (!sources) return { origins: [], needed: [] };
  const isAllowed = (origin: string) =>
    sources.some((source) => allows(source, new URL(origin), new URL(site)));
  const origins = originsIn(config).filter((origin) => !isAllowed(origin));
  return { origins, needed: [...sources.filter((one) => !one.startsWith("'")), ...origins] };
}

const HOST = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/:]+)(?::(\d+|\*))?(?:\/|$)/i;

/** Whether a source of a policy means an address; which path it names is not looked at. */
function allows(source: string, url: URL, site: URL): boolean {
  if (source === "*") return true;
  if (source === "'self'") return url.host === site.host;
  if (/^[a-z][a-z0-9+.-]*:$/i.test(source)) return isOf(source.slice(0, -1), url);
  const [, scheme, host = "", port] = HOST.exec(source) ?? [];
  if (scheme !== undefined && !isOf(scheme, url)) return false;
  const isHost = host.startsWith("*.")
    ? url.hostname.endsWith(host.slice(1).toLowerCase())
    : host === "*" || host.toLowerCase() === url.hostname;
  return isHost && (port === "*" || (port ?? usualPort(url)) === (url.port || usualPort(url)));
}

/** A scheme means its secure form, too. */
function isOf(scheme: string, { protocol }: URL): boolean {
  return [`${scheme}:`, `${scheme}s:`].includes(protocol);
}

function usualPort({ protocol }: URL): string {
  return protocol.endsWith("s:") ? "443" : "80";
}
