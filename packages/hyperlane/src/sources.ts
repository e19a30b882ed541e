import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { ActionError } from "@playbook/action";
import { type Chain, domain, readChains } from "@playbook/evm";
import { z } from "zod";
import { type CoreConfig, readCoreConfig } from "./config.ts";
import type { Domains } from "./desired.ts";
import { readMesh } from "./mesh.ts";
import type { Addresses } from "./model.ts";
import { badRegistry, hasMailbox, mappingIn, readAddresses } from "./registry.ts";

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
  /** Files among the configs that are no chain's. */
  nobodys: string[];
};

type Mesh = ReadonlyMap<string, string>;

type Places = { registry: string; configs: string; chains: string[] };

/**
 * Reads the entries of a registry (`chains/<name>/{metadata,addresses}.yaml`): those that are
 * named, or all that can be deployed to. Of the others, which may be of any kind, there are the
 * domains. Throws `no-registry`, `unknown-chain`, and what is wrong with a file.
 */
export async function readRegistry({
  registry,
  chains,
}: Omit<Places, "configs">): Promise<{ listed: Listed[]; domains: Domains }> {
  const folders = await foldersIn(registry);
  const names = chains.length > 0 ? distinct(chains) : ethereumIn(folders);
  return entriesOf(names, folders, registry);
}

async function entriesOf(names: readonly string[], folders: readonly Folder[], registry: string) {
  const wanted = names.map((name) => folderOf(name, folders, registry));
  const listed = await Promise.all(wanted.map((one) => readListed(registry, one)));
  return { listed, domains: domainsOf(folders, registry) };
}

/** A chain's folder in a registry, as far as chains of all kinds have it. */
type Folder = { name: string; path: string; text: string; metadata: Record<string, unknown> };

const isEthereum = ({ metadata }: Folder) => (metadata.protocol ?? "ethereum") === "ethereum";

const ethereumIn = (folders: readonly Folder[]) =>
  folders.filter(isEthereum).map(({ name }) => name);

function folderOf(name: string, folders: readonly Folder[], registry: string): Folder {
  const found = folders.find((one) => one.name === name);
  if (found) return found;
  throw unknownChain(name, registry, folders);
}

/** A domain id as entries have it; the chain id is another kind of text on some chains. */
const domainId = z.union([domain, z.string().regex(/^\d+$/).transform(Number).pipe(domain)]);

/** Domain ids by the names of the registry's folders. Throws `bad-registry` where two have one. */
function domainsOf(folders: readonly Folder[], registry: string): Domains {
  const entries = folders.flatMap(({ name, metadata }): [string, number][] => {
    const { data } = domainId.safeParse(metadata.domainId ?? metadata.chainId);
    return data === undefined ? [] : [[name, data]];
  });
  const alike = [...Map.groupBy(entries, ([, domain]) => domain)].find(([, all]) => all.length > 1);
  if (!alike) return Object.fromEntries(entries);
  const [domain, all] = alike;
  throw new ActionError("bad-registry", {
    what: `In ${registry}, ${all.map(([name]) => name).join(" and ")} have the same domain id.`,
    why: `It is ${domain}: what is said of one chain would hold for the other's messages.`,
    next: "Correct `domainId` in the metadata.yaml of one of them, or take its folder out.",
  });
}

/**
 * Reads a registry and the core configs of the chains:
 * `<configs>/<name>.yaml`, or one file for all, which may be a mesh. Throws `no-registry`, `no-core-config`,
 * `unknown-chain`, and what is wrong with a file.
 */
export async function readSources({ registry, configs, chains }: Places): Promise<Sources> {
  const folders = await foldersIn(registry);
  const mesh = await meshIn(configs);
  const named = async () => (mesh ? [...mesh.keys()] : configuredOf(configs, folders));
  const wanted = distinct(chains.length > 0 ? chains : await named());
  const { listed, domains } = await entriesOf(wanted, folders, registry);
  const all = await Promise.all(
    listed.map(async (one): Promise<Source> => {
      const { text, path } = await readConfig(configs, one.chain.name, mesh);
      return { ...one, config: readCoreConfig(text, path), configText: text };
    }),
  );
  const others = folders.filter((one) => isEthereum(one) && !wanted.includes(one.name));
  const { domains: more, waiting } = await releaseBeside(configs);
  const isAll = chains.length === 0;
  const left = isAll ? await deployedIn(registry, others) : [];
  const nobodys = isAll ? await configsBeside(configs, wanted) : [];
  return { all, domains: { ...more, ...domains }, left, waiting, nobodys };
}

/** In a folder of configs: what the release knew that wrote them. */
export const RELEASE_FILE = "release.json";

const release = z.object({
  /** Of all chains that the configs name: a part of a registry lacks some. */
  domains: z.record(z.string(), z.number()),
  /**
   * Chains that are not as their configs say before whoever owns something there has changed it.
   */
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

async function deployedIn(registry: string, folders: readonly Folder[]): Promise<string[]> {
  const there = await Promise.all(
    folders.map(async ({ name }) => {
      const path = addressesOf(registry, name);
      const text = await textOf(path);
      return text !== undefined && hasMailbox(text, path);
    }),
  );
  return folders.filter((_, at) => there[at]).map(({ name }) => name);
}

/** The folders that say what their chain is. */
async function foldersIn(registry: string): Promise<Folder[]> {
  const found = await readdir(join(registry, "chains"), { withFileTypes: true }).catch(() => []);
  const names = found.filter((one) => one.isDirectory()).map(({ name }) => name);
  const folders = await Promise.all(names.toSorted().map((name) => readFolder(registry, name)));
  const there = folders.filter((one) => one !== undefined);
  if (there.length > 0) return there;
  throw new ActionError("no-registry", {
    what: `There is no registry in ${registry}.`,
    why: "A registry has a folder `chains`, and in it one with a metadata.yaml for each chain.",
    next: "Correct the input `registry`, or make the folder as the official CLI does.",
  });
}

async function readFolder(registry: string, name: string): Promise<Folder | undefined> {
  const path = join(registry, "chains", name, "metadata.yaml");
  const text = await textOf(path);
  return text === undefined ? undefined : { name, path, text, metadata: mappingIn(text, path) };
}

async function readListed(
  registry: string,
  { name, path, text, metadata }: Folder,
): Promise<Listed> {
  const [chain] = readChains(text, path) as [Chain];
  if (chain.name !== name) {
    throw badRegistry(path, `It is in the folder of ${name}, and its name is ${chain.name}.`);
  }
  if (!domain.safeParse(chain.domainId ?? chain.chainId).success) {
    throw badRegistry(
      path,
      `Its chain id ${chain.chainId} is too big for a domain id: add a domainId.`,
    );
  }
  return { chain, metadata, known: await readKnown(registry, name) };
}

const addressesOf = (registry: string, name: string) =>
  join(registry, "chains", name, "addresses.yaml");

async function readKnown(registry: string, name: string): Promise<Addresses> {
  const path = addressesOf(registry, name);
  const text = await textOf(path);
  return text === undefined ? {} : readAddresses(text, path);
}

/** The chains that have a config of their own; with one file for all, those of the registry. */
async function configuredOf(configs: string, folders: readonly Folder[]): Promise<string[]> {
  if (await isFile(configs)) return ethereumIn(folders);
  const names = folders.map(({ name }) => name);
  const found = await Promise.all(names.map((name) => isFile(configOf(configs, name))));
  const wanted = names.filter((_, at) => found[at]);
  if (wanted.length > 0) return wanted;
  throw noConfig(configOf(configs, `${names[0]}`));
}

/** Whoever mistypes a chain's name means it all the same. */
async function configsBeside(configs: string, wanted: readonly string[]): Promise<string[]> {
  const files = (await isFile(configs)) ? [] : await readdir(configs);
  const known = wanted.map((name) => `${name}.yaml`);
  return files.filter((file) => /\.ya?ml$/.test(file) && !known.includes(file)).toSorted();
}

const configOf = (configs: string, name: string) => join(configs, `${name}.yaml`);

const distinct = (names: readonly string[]) => [...new Set(names)];

/** The core configs that one file stands for, where it names chains. */
async function meshIn(configs: string): Promise<Mesh | undefined> {
  return (await isFile(configs)) ? readMesh(await readFile(configs, "utf8"), configs) : undefined;
}

async function readConfig(
  configs: string,
  name: string,
  mesh: Mesh | undefined,
): Promise<{ text: string; path: string }> {
  const path = (await isFile(configs)) ? configs : configOf(configs, name);
  const text = mesh ? mesh.get(name) : await textOf(path);
  if (text === undefined) throw noConfig(mesh ? `for ${name} in ${path}` : path);
  return { text, path };
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** What a file says; undefined where there is none. */
export async function textOf(path: string): Promise<string | undefined> {
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

function unknownChain(name: string, registry: string, folders: readonly Folder[]): ActionError {
  return new ActionError("unknown-chain", {
    what: `There is no chain "${name}" in ${registry}.`,
    why: `It has metadata of ${folders.map((one) => one.name).join(", ")}.`,
    next: `Correct the input \`chains\`, or add ${registry}/chains/${name}/metadata.yaml.`,
  });
}
