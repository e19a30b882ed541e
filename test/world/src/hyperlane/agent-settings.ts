import { readFileSync } from "node:fs";

type Tree = { [name: string]: unknown };

/** What a validator is told: in its files and its environment, as the real agents read them. */
export type ValidatorSettings = {
  chain: string;
  domain: number;
  mailbox: string;
  merkleTreeHook: string;
  validatorAnnounce: string;
  from: number;
  /** Blocks, or the tag of the newest block that stays. */
  reorgPeriod: number | string;
  urls: string[];
  key: { id: string; region: string };
  bucket: { name: string; region: string; folder: string };
  intervalMs: number;
};

/** A chain that a relayer works on. */
export type RelayedChain = { name: string; urls: string[] };

export type AgentSettings = {
  metricsPort: number;
  /** Its folder; the one around it has to be there. */
  db: string;
  validator?: ValidatorSettings;
  relayed: RelayedChain[];
};

/** Throws where a real agent would not start. */
export function readSettings(agent: string, env: NodeJS.ProcessEnv): AgentSettings {
  const settings = sourcesOf(env).reduce(merged, {});
  const common = { metricsPort: Number(settings.metricsport ?? 9090) };
  const db = at(settings, "db");
  if (agent !== "validator") {
    return { ...common, db: String(db ?? "hyperlane_db"), relayed: relayedIn(settings) };
  }

  const chain = text(settings, "originchainname");
  const entry = chainIn(settings, chain);
  const path = (...names: string[]) => text(settings, "chains", chain, ...names);
  const signer = (name: string) => text(settings, "validator", name);
  if (signer("type") !== "aws") throw new Error("validator.type is not aws");
  const bucket = (name: string) => text(settings, "checkpointsyncer", name);
  if (bucket("type") !== "s3") throw new Error("checkpointSyncer.type is not s3");
  const folder = at(settings, "checkpointsyncer", "folder");
  return {
    ...common,
    db: String(db ?? `validator_db_${chain}`),
    relayed: [],
    validator: {
      ...{ chain, domain: Number(path("domainid")), mailbox: path("mailbox") },
      merkleTreeHook: path("merkletreehook"),
      validatorAnnounce: path("validatorannounce"),
      from: Number(at(settings, "chains", chain, "index", "from") ?? 0),
      reorgPeriod: periodOf(at(settings, "chains", chain, "blocks", "reorgperiod")),
      urls: urlsOf(entry),
      key: { id: signer("id"), region: signer("region") },
      bucket: {
        ...{ name: bucket("bucket"), region: bucket("region") },
        folder: folder === undefined ? "" : String(folder),
      },
      intervalMs: intervalOf(settings.interval),
    },
  };
}

function relayedIn(settings: Tree): RelayedChain[] {
  const names = text(settings, "relaychains").split(",");
  return names.map((name) => {
    return { name, urls: urlsOf(chainIn(settings, name)) };
  });
}

/** What agents refuse to be without; of blocks, only where they are told something of them. */
const CONTRACTS = ["mailbox", "interchainGasPaymaster", "validatorAnnounce", "merkleTreeHook"];
const NEEDED = ["protocol", "rpcUrls", ...CONTRACTS];
const NEEDED_OF_BLOCKS = ["estimateBlockTime", "reorgPeriod"];

function chainIn(settings: Tree, chain: string): Tree {
  const entry = at(settings, "chains", chain);
  if (!isTree(entry)) throw new Error(`chains.${chain} is missing`);
  if (entry.name !== chain) throw new Error(`chains.${chain}.name is not ${chain}`);
  for (const name of NEEDED) text(settings, "chains", chain, name);
  if (entry.domainid === undefined) text(settings, "chains", chain, "chainId");
  if (entry.blocks === undefined) return entry;
  for (const name of NEEDED_OF_BLOCKS) text(settings, "chains", chain, "blocks", name);
  return entry;
}

/** Later ones win: the files in their order, then the environment. */
function sourcesOf(env: NodeJS.ProcessEnv): Tree[] {
  const files = (env.CONFIG_FILES ?? "").split(",").filter(Boolean);
  const read = files.map((file) => flat(JSON.parse(readFileSync(file, "utf8"))) as Tree);
  const variables = Object.entries(env).flatMap(([name, value]): Tree[] => {
    if (!name.startsWith("HYP_") || value === undefined) return [];
    const names = name.slice("HYP_".length).toLowerCase().split("_");
    return [names.reduceRight<unknown>((inner, one) => ({ [one]: inner }), value) as Tree];
  });
  return [...read, ...variables];
}

/** Names are compared in lower case, without what separates words. */
function flat(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(flat);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, one]) => [nameOf(name), flat(one)]);
  return Object.fromEntries(entries);
}

const nameOf = (name: string) => name.toLowerCase().replaceAll(/[_-]/g, "");

function merged(under: Tree, over: Tree): Tree {
  const result = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const before = result[name];
    result[name] = isTree(before) && isTree(value) ? merged(before, value) : value;
  }
  return result;
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function at(tree: Tree, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (found, name) => (isTree(found) ? found[nameOf(name)] : undefined),
    tree,
  );
}

function text(tree: Tree, ...path: string[]): string {
  const found = at(tree, ...path);
  if (found !== undefined) return String(found);
  throw new Error(`${path.join(".")} is missing`);
}

/** The list of `customRpcUrls` takes the place of the metadata's own; each has to be a URL. */
function urlsOf(entry: Tree): string[] {
  const custom = entry.customrpcurls;
  if (typeof custom === "string") return custom.split(",").map(urlIn);
  const listed = Array.isArray(entry.rpcurls) ? (entry.rpcurls as { http: string }[]) : [];
  return listed.map(({ http }) => http);
}

/** As agents' own parser leaves it: without spaces around it and line breaks in it. */
function urlIn(text: string): string {
  const url = URL.parse(text);
  if (url) return url.href;
  throw new Error("customRpcUrls: relative URL without a base");
}

function periodOf(value: unknown): number | string {
  if (value === undefined) return 1;
  return Number.isNaN(Number(value)) ? String(value) : Number(value);
}

function intervalOf(value: unknown): number {
  const seconds = value === undefined ? 2 : Number(value);
  if (seconds > 0) return seconds * 1000;
  throw new Error("interval must be greater than zero");
}
