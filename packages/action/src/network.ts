import http from "node:http";
import https from "node:https";
import { HttpProxyAgent, HttpsProxyAgent } from "hpagent";
import { ActionError } from "./error.ts";

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

/**
 * The proxy that the environment demands for a URL, if any. One without a scheme is taken for HTTP,
 * as curl takes it. Throws `bad-proxy` for what is no URL.
 */
export function proxyFor(url: URL, env: Environment): string | undefined {
  const name = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const value = read(name, env);
  if (!value || exceptions(env).some((exception) => excepts(exception, url))) return undefined;

  const proxy = /^\w+:\/\//.test(value) ? value : `http://${value}`;
  if (/^https?:/.test(proxy) && URL.canParse(proxy)) return proxy;
  throw new ActionError("bad-proxy", {
    what: `${name} is no URL of a proxy.`,
    // The value may hold a password, so it is not repeated.
    why: "It has to be like http://proxy.example:3128; SOCKS is not known.",
    next: `Correct ${name}, or except the host in NO_PROXY.`,
  });
}

function exceptions(env: Environment): string[] {
  return (read("NO_PROXY", env) ?? "").split(/[\s,]+/).filter(Boolean);
}

function read(name: string, env: Environment): string | undefined {
  return env[name.toLowerCase()] || env[name] || undefined;
}

/** `host`, `.domain`, `*.domain` or an address, each with a port or without; `*` for all. */
function excepts(exception: string, url: URL): boolean {
  if (exception === "*") return true;
  const { host, port } = hostAndPort(exception);
  if (port && port !== (url.port || (url.protocol === "https:" ? "443" : "80"))) return false;

  const suffix = host.replace(/^\*?\./, "").toLowerCase();
  const hostname = withoutBrackets(url.hostname);
  return suffix !== "" && (hostname === suffix || hostname.endsWith(`.${suffix}`));
}

/** An IPv6 address has a port only when it stands in brackets. */
function hostAndPort(exception: string): { host: string; port?: string | undefined } {
  const [, host = exception, port] = /^(\[.*\]|[^:]*):(\d+)$/.exec(exception) ?? [];
  return { host: withoutBrackets(host), port };
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}
