import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { ActionError } from "@playbook/action";
import { type Chain, readChains } from "@playbook/evm";
import { parse } from "yaml";
import { z } from "zod";
import { type CoreConfig, readCoreConfig } from "./config.ts";
import type { Domains } from "./desired.ts";
import type { Addresses } from "./model.ts";
import { readAddresses } from "./registry.ts";

/** What a registry says of one chain. */
export type Listed = {
  chain: Chain;
  /** The registry's entry as it is written: agents read more of it than this library does. */
  metadata: Record<string, unknown>;
  /** Where the registry says that the contracts are. */
  known: Addresses;
};

/** What the product says of one chain. */
export type Source = Listed & {
  config: CoreConfig;
  /** The config's own text. */
  configText: string;
};

export type Sources = {
  all: Source[];
  domains: Domains;
  /** Chains where Hyperlane is, and of which nothing is wanted. */
  left: string[];
  /** Chains that differ from their configs until somebody else has changed what is theirs. */
  waiting: string[];
};

type Places = { registry: string; configs: string; chains: string[] };

/**
 * Reads the entries of a registry (`chains/<name>/{metadata,addresses}.yaml`): all, or those that
 * are named. Throws `no-registry`, `unknown-chain`, and what is wrong with a file.
 */
export async function readRegistry({
  registry,
  chains,
}: Omit<Places, "configs">): Promise<{ listed: Listed[]; domains: Domains }> {
  const names = await namesIn(registry);
  const unknown = chains.find((name) => !names.includes(name));
  if (unknown !== undefined) throw unknownChain(unknown, registry, names);
  const all = await Promise.all(
    names.map(async (name) => ({
      ...(await readEntry(registry, name)),
      known: await readKnown(registry, name),
    })),
  );
  const wanted = chains.length > 0 ? chains.map((name) => names.indexOf(name)) : [...all.keys()];
  const listed = wanted.flatMap((at) => all[at] ?? []);
  return { listed, domains: domainsOf(names, all) };
}

/** Domain ids by the names of the registry's folders. */
function domainsOf(names: string[], entries: { chain: Chain }[]): Domains {
  return Object.fromEntries(
    entries.map(({ chain }, at) => [names[at] ?? "", chain.domainId ?? chain.chainId]),
  );
}

/**
 * Reads a registry and the core configs of the chains:
 * `<configs>/<name>.yaml`, or one file for all. Throws `no-registry`, `no-core-config`,
 * `unknown-chain`, and what is wrong with a file.
 */
export async function readSources({ registry, configs, chains }: Places): Promise<Sources> {
  const names = await namesIn(registry);
  const wanted = chains.length > 0 ? chains : await configuredOf(configs, names);
  const { listed, domains } = await readRegistry({ registry, chains: wanted });
  const all = await Promise.all(
    listed.map(async (one, at): Promise<Source> => {
      const { text, path } = await readConfig(configs, wanted[at] ?? "");
      return { ...one, config: readCoreConfig(text, path), configText: text };
    }),
  );
  const others = chains.length > 0 ? [] : names.filter((name) => !wanted.includes(name));
  const { domains: more, waiting } = await releaseBeside(configs);
  const left = await deployedIn(registry, others);
  return { all, domains: { ...more, ...domains }, left, waiting };
}

/** In a folder of configs: what the release knew that wrote them. */
export const RELEASE_FILE = "release.json";

const release = z.object({
  /** Of all chains that the configs name: a part of a registry lacks some. */
  domains: z.record(z.string(), z.number()),
  /** Chains that are not as their configs say before whoever owns something there has changed it. */
  waiting: z.array(z.string()),
});

async function releaseBeside(configs: string): Promise<z.output<typeof release>> {
  const path = join(configs, RELEASE_FILE);
  const text = (await isFile(configs)) ? undefined : await textOf(path);
  if (text === undefined) return { domains: {}, waiting: [] };
  try {
    return release.parse(JSON.parse(text));
  } catch (error) {
    throw badRelease(path, error);
  }
}

function badRelease(path: string, cause: unknown): ActionError {
  return new ActionError(
    "bad-registry",
    {
      what: `The registry's file ${path} cannot be read.`,
      why: "It does not have domains and waiting chains, as the result of a release has them.",
      next: "Take it out, or take the result of deploy-hyperlane-core as it is.",
    },
    { cause },
  );
}

async function deployedIn(registry: string, names: readonly string[]): Promise<string[]> {
  const known = await Promise.all(names.map((name) => readKnown(registry, name)));
  return names.filter((_, at) => known[at]?.mailbox);
}

type Entry = { chain: Chain; metadata: Record<string, unknown> };

async function namesIn(registry: string): Promise<string[]> {
  const folders = await readdir(join(registry, "chains"), { withFileTypes: true }).catch(() => []);
  const names = folders.filter((one) => one.isDirectory()).map(({ name }) => name);
  if (names.length > 0) return names.sort();
  throw new ActionError("no-registry", {
    what: `There is no registry in ${registry}.`,
    why: "A registry has a folder `chains`, and in it one with a metadata.yaml for each chain.",
    next: "Correct the input `registry`, or make the folder as the official CLI does.",
  });
}

async function readEntry(registry: string, name: string): Promise<Entry> {
  const path = join(registry, "chains", name, "metadata.yaml");
  const text = await textOf(path);
  if (text === undefined) throw unknownChain(name, registry, []);
  const [chain] = readChains(text, path);
  return { chain: chain as Chain, metadata: parse(text) as Record<string, unknown> };
}

async function readKnown(registry: string, name: string): Promise<Addresses> {
  const path = join(registry, "chains", name, "addresses.yaml");
  const text = await textOf(path);
  return text === undefined ? {} : readAddresses(text, path);
}

/** The chains that have a config of their own; with one file for all, those of the registry. */
async function configuredOf(configs: string, names: string[]): Promise<string[]> {
  if (await isFile(configs)) return names;
  const found = await Promise.all(names.map((name) => isFile(join(configs, `${name}.yaml`))));
  const wanted = names.filter((_, at) => found[at]);
  if (wanted.length > 0) return wanted;
  throw noConfig(join(configs, `${names[0]}.yaml`));
}

async function readConfig(configs: string, name: string): Promise<{ text: string; path: string }> {
  const path = (await isFile(configs)) ? configs : join(configs, `${name}.yaml`);
  const text = await textOf(path);
  if (text === undefined) throw noConfig(path);
  return { text, path };
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function noConfig(path: string): ActionError {
  return new ActionError("no-core-config", {
    what: `There is no core config ${path}.`,
    why: "What a chain shall have is written there, as `hyperlane core read` writes it.",
    next: "Write it, or correct the inputs `configs` and `chains`.",
  });
}

function unknownChain(name: string, registry: string, names: string[]): ActionError {
  return new ActionError("unknown-chain", {
    what: `There is no chain "${name}" in ${registry}.`,
    why: `It has metadata of ${names.join(", ") || "no other"}.`,
    next: `Correct the input \`chains\`, or add ${registry}/chains/${name}/metadata.yaml.`,
  });
}
