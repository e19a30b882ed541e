import http from "node:http";
import https from "node:https";
import { HttpProxyAgent, HttpsProxyAgent } from "hpagent";

export type Agents = { http: http.Agent; https: https.Agent };

type Environment = Record<string, string | undefined>;

const LIMITS = { keepAlive: true, maxSockets: 64 };

/**
 * The agents that every client of this library uses for `url`. They honour `HTTPS_PROXY`,
 * `HTTP_PROXY` and `NO_PROXY` in both spellings; a custom CA is Node's own `NODE_EXTRA_CA_CERTS`.
 */
export function agentsFor(url: string, env: Environment = process.env): Agents {
  const proxy = proxyFor(new URL(url), env);
  const known = pool.get(proxy ?? "");
  if (known) return known;

  const agents = proxy
    ? {
        http: new HttpProxyAgent({ ...LIMITS, proxy }),
        https: new HttpsProxyAgent({ ...LIMITS, proxy }),
      }
    : { http: new http.Agent(LIMITS), https: new https.Agent(LIMITS) };
  pool.set(proxy ?? "", agents);
  return agents;
}

const pool = new Map<string, Agents>();

/** The proxy that the environment demands for a URL, if any. */
export function proxyFor(url: URL, env: Environment): string | undefined {
  const read = (name: string) => env[name.toLowerCase()] || env[name] || undefined;
  const exceptions = (read("NO_PROXY") ?? "").split(/[\s,]+/).filter(Boolean);
  if (exceptions.some((exception) => excepts(exception, url))) return undefined;
  return url.protocol === "https:" ? read("HTTPS_PROXY") : read("HTTP_PROXY");
}

function excepts(exception: string, url: URL): boolean {
  if (exception === "*") return true;
  const [host = "", port] = exception.split(":");
  if (port && port !== (url.port || (url.protocol === "https:" ? "443" : "80"))) return false;

  const suffix = host.replace(/^\*?\./, "").toLowerCase();
  return url.hostname === suffix || url.hostname.endsWith(`.${suffix}`);
}
