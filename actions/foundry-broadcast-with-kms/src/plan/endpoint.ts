import type { Environment } from "@playbook/child";
import type { Chain, Hex } from "@playbook/evm";
import { Rpc } from "@playbook/evm";
import type { Fork } from "./fork.ts";
import type { Project } from "./project.ts";

/** How scripts get to the forks: by the project's own names for its endpoints. */
export type Endpoints = {
  /** Alias to fork, the chains' own names included. */
  aliases: Map<string, Fork>;
  /** Variables in which scripts and foundry.toml look for a URL of these chains. */
  variables: Map<string, Fork>;
};

/** How long an endpoint that may not matter at all is asked for its chain. */
const CURIOSITY_MS = 5_000;

/**
 * Finds out which chain each of the project's endpoints is: by name, by a URL that the chains file
 * has too, or by asking it. What belongs to none of the release's chains is left as it is.
 */
export async function findEndpoints(
  { settings, variables }: Project,
  forks: Fork[],
  env: Environment,
): Promise<Endpoints> {
  const aliases = new Map(forks.map((fork) => [fork.live.name, fork]));
  const found = new Map<string, Fork>();

  for (const [alias, entry] of Object.entries(settings.rpc_endpoints)) {
    const written = urlOf(entry);
    const fork = await forkFor(forks, alias, resolve(written, env));
    if (!fork) continue;
    aliases.set(alias, fork);
    for (const name of namesIn(written)) found.set(name, fork);
  }
  for (const name of variables) {
    const fork = found.get(name) ?? (await forkForVariable(forks, name, env[name]));
    if (fork) found.set(name, fork);
  }
  return { aliases, variables: found };
}

/** An entry of `[rpc_endpoints]` is a URL, or a table with one. */
function urlOf(entry: unknown): string {
  if (typeof entry === "string") return entry;
  const { endpoint, url } = (entry ?? {}) as { endpoint?: unknown; url?: unknown };
  return String(endpoint ?? url ?? "");
}

function namesIn(written: string): string[] {
  return [...written.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name as string);
}

function resolve(written: string, env: Environment): string | undefined {
  const missing = namesIn(written).some((name) => !env[name]);
  return missing ? undefined : written.replaceAll(/\$\{(\w+)\}/g, (_, name) => env[name] ?? "");
}

async function forkFor(
  forks: Fork[],
  alias: string,
  url: string | undefined,
): Promise<Fork | undefined> {
  const named = forks.find(({ live }) => namesOf(live.metadata).includes(simple(alias)));
  return named ?? (await forkReachedBy(forks, url));
}

/** The fork of the chain that a URL leads to, whatever it is called. */
export async function forkReachedBy(
  forks: Fork[],
  url: string | undefined,
): Promise<Fork | undefined> {
  return byUrl(forks, url) ?? (await byAsking(forks, url));
}

/** `ALPHA_RPC_URL`, also when nobody has set it, and any variable that holds a URL of a chain. */
async function forkForVariable(
  forks: Fork[],
  name: string,
  value: string | undefined,
): Promise<Fork | undefined> {
  if (value && !/^(https?|wss?):\/\//.test(value)) return undefined;
  const words = /(RPC|URL|ENDPOINT|NODE|HTTPS?)/g;
  return words.test(name) ? forkFor(forks, name.replaceAll(words, ""), value) : byUrl(forks, value);
}

function namesOf({ name, displayName, chainId }: Chain): string[] {
  return [name, displayName ?? name, String(chainId)].map(simple);
}

/** `arbitrum_one`, `arbitrum-one` and `ArbitrumOne` are one name. */
function simple(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}

function byUrl(forks: Fork[], url: string | undefined): Fork | undefined {
  if (!url) return undefined;
  const same = url.replace(/\/$/, "");
  return forks.find(({ live }) =>
    live.urls.concat(publicUrls(live.metadata)).some((known) => known.replace(/\/$/, "") === same),
  );
}

function publicUrls({ rpcUrls }: Chain): string[] {
  return rpcUrls.map(({ http }) => http);
}

async function byAsking(forks: Fork[], url: string | undefined): Promise<Fork | undefined> {
  if (!url || !/^https?:\/\//.test(url)) return undefined;
  const rpc = new Rpc([url], { signal: AbortSignal.timeout(CURIOSITY_MS) });
  const id = await rpc.send<Hex>("eth_chainId").catch(() => undefined);
  return forks.find(({ live }) => live.chainId === Number(id));
}

/** The variables that turn the project's endpoints into the forks, for a child's environment. */
export function endpointVariables({ aliases, variables }: Endpoints): Record<string, string> {
  const table = [...aliases].map(([alias, { url }]) => `${JSON.stringify(alias)}="${url}"`);
  return {
    ...Object.fromEntries([...variables].map(([name, { url }]) => [name, url])),
    FOUNDRY_RPC_ENDPOINTS: `{${table.join(",")}}`,
  };
}
