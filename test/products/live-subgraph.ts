import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { installProduct } from "./install.ts";
import type { ChainName, LiveNexus } from "./live-nexus.ts";

/** Where a contract is, and from which block on it is worth to look. */
export type Deployed = { address: string; startBlock: number };
export type SubgraphContracts = { Nexus: Deployed; Vortex: Deployed };

/** What a network file says of the contracts of a released Nexus. */
export async function contractsOf(live: LiveNexus, chain: ChainName): Promise<SubgraphContracts> {
  const { nexus = "", vortex = "" } = await live.addresses(chain);
  return { Nexus: { address: nexus, startBlock: 1 }, Vortex: { address: vortex, startBlock: 1 } };
}

/**
 * The product with its build for a network, without its packages. Resolves to the build's folder.
 */
export async function builtSubgraph(
  into: string,
  network: string,
  contracts: SubgraphContracts,
): Promise<string> {
  await installProduct("subgraph", into, { compiled: "default", packages: false });
  const build = join(into, "build");
  await setNetwork(build, network, contracts);
  return build;
}

/**
 * Makes a build another network's, as `graph build --network` does: what it compiles is the same.
 */
export async function setNetwork(
  build: string,
  network: string,
  contracts: SubgraphContracts,
): Promise<void> {
  const path = join(build, "subgraph.yaml");
  const manifest = parse(await readFile(path, "utf8"));
  for (const source of manifest.dataSources) {
    Object.assign(source.source, contracts[source.name as keyof SubgraphContracts]);
  }
  for (const source of [...manifest.dataSources, ...manifest.templates]) source.network = network;
  await writeFile(path, stringify(manifest));
}

type File = { file: string | { "/": string } };
type Source = { mapping: File & { abis: File[] } };

/** Adds a build to IPFS, file by file, as graph-cli does. Resolves to the manifest's id. */
export async function pinSubgraph(build: string, ipfs: string): Promise<string> {
  const manifest = parse(await readFile(join(build, "subgraph.yaml"), "utf8"));
  const sources: Source[] = [...manifest.dataSources, ...(manifest.templates ?? [])];
  const files = sources.flatMap(({ mapping }) => [mapping, ...mapping.abis]);
  for (const holder of [manifest.schema, ...files] as File[]) {
    const cid = await add(ipfs, await readFile(join(build, holder.file as string)));
    holder.file = { "/": `/ipfs/${cid}` };
  }
  return add(ipfs, Buffer.from(stringify(manifest)));
}

async function add(ipfs: string, content: Buffer): Promise<string> {
  const body = new FormData();
  body.append("file", new Blob([Uint8Array.from(content)]));
  const answer = await fetch(`${ipfs}/api/v0/add?pin=true`, { method: "POST", body });
  return ((await answer.json()) as { Hash: string }).Hash;
}
