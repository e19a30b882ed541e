import { plain } from "@playbook/child";
import { type Address, type Hex, hostOf } from "@playbook/evm";
import { forkReachedBy } from "./endpoint.ts";
import type { Fork } from "./fork.ts";
import type { Recorded } from "./recording.ts";

/**
 * What forge is to write into its log: each fork that a script makes, and each host that it
 * connects to. Its traces would say more, but they show `<rpc url>` in a URL's place; as JSON they
 * do not, and grow with every file that a script parses.
 */
export const LOGGED = "foundry_evm_core::fork::multi=trace,reqwest::connect=debug";

/** What a run of forge has reached: URLs that it forked, and hosts of other connections. */
export type Reached = { forked: string[]; hosts: string[] };

/**
 * forge's words without its log, and what the log tells. A forge that logs otherwise tells nothing.
 */
export function readLog(stderr: string): { said: string; reached: Reached } {
  const isLog = (line: string) =>
    /^\d{4}-\d\d-\d\dT\S+Z +(TRACE|DEBUG|INFO|WARN|ERROR) /.test(line);
  const lines = plain(stderr).split("\n");
  const log = lines.filter(isLog).join("\n");
  const found = (pattern: RegExp) => [...log.matchAll(pattern)].map(([, url = ""]) => url);

  const forked = [...new Set(found(/Creating new fork, url=(\S+?),? block=/g))];
  const connected = found(/starting new connection: (\S+)/g).flatMap(hostIn);
  const explained = new Set(forked.flatMap(hostIn));
  const hosts = [...new Set(connected)].filter((host) => !explained.has(host));
  return { said: lines.filter((line) => !isLog(line)).join("\n"), reached: { forked, hosts } };
}

function hostIn(url: string): string[] {
  return URL.canParse(url) ? [hostOf(url)] : [];
}

/** A fork that a script went past, straight to its live chain. */
export type Passed = { fork: Fork; host: string };

type Run = { reached: Reached; transactions: Recorded[] };

/**
 * The first fork that earlier scripts of the release have changed and that this one went past: what
 * it saw of that chain was out of date. A fork on which nothing has happened shows what its chain
 * shows.
 */
export async function findPassed(
  { reached, transactions }: Run,
  sender: Address,
  forks: Fork[],
): Promise<Passed | undefined> {
  const changed = await changedBy(sender, forks);
  if (changed.length === 0) return undefined;
  const ours = new Set(forks.map(({ url }) => hostOf(url)));
  const isOwn = (url: string) => !URL.canParse(url) || !ours.has(hostOf(url));

  for (const { chainId, rpc } of transactions) {
    const fork = changed.find(({ live }) => live.chainId === chainId);
    if (fork && isOwn(rpc)) return passed(fork, rpc);
  }
  for (const url of reached.forked.filter(isOwn)) {
    const fork = await forkReachedBy(forks, url);
    if (fork && changed.includes(fork)) return passed(fork, url);
  }
  for (const host of reached.hosts) {
    const [fork, ...others] = forks.filter(({ live }) => hostsOf(live).includes(host));
    // Providers serve many chains at one host: then nobody can tell which one was meant.
    if (fork && others.length === 0 && changed.includes(fork)) return { fork, host };
  }
  return undefined;
}

async function changedBy(sender: Address, forks: Fork[]): Promise<Fork[]> {
  const nonces = await Promise.all(
    forks.map(({ rpc }) => rpc.send<Hex>("eth_getTransactionCount", sender, "latest")),
  );
  return forks.filter(({ live }, at) => Number(nonces[at]) > live.firstNonce);
}

function passed(fork: Fork, url: string): Passed {
  return { fork, host: URL.canParse(url) ? hostOf(url) : url };
}

function hostsOf({ urls, metadata }: Fork["live"]): string[] {
  return [...urls, ...metadata.rpcUrls.map(({ http }) => http)].map(hostOf);
}
