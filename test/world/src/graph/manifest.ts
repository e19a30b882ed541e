import { Interface, id } from "ethers";
import { parse } from "yaml";
import { type EntitySchema, readSchema } from "./schema.ts";
import { compileMapping } from "./wasm/mapping.ts";

export type EventHandler = { topic: string; handler: string };

/** A contract that is watched, or a template for those that a mapping finds. */
export type Source = {
  name: string;
  address: string | undefined;
  startBlock: number;
  abi: Interface;
  abis: ReadonlyMap<string, Interface>;
  handlers: EventHandler[];
  module: WebAssembly.Module;
};

export type Manifest = {
  network: string;
  schema: EntitySchema;
  sources: Source[];
  templates: ReadonlyMap<string, Source>;
};

/** Reads a file by its IPFS id. */
export type Cat = (cid: string) => Promise<Buffer>;

type Link = { "/": string };
type WrittenSource = {
  kind: string;
  name: string;
  network: string;
  source: { address?: string; abi: string; startBlock?: number };
  mapping: {
    file: Link;
    abis: { name: string; file: Link }[];
    eventHandlers?: { event: string; handler: string; topic0?: string; receipt?: boolean }[];
    callHandlers?: unknown[];
    blockHandlers?: unknown[];
  };
};
type Written = {
  schema: { file: Link };
  dataSources?: WrittenSource[];
  templates?: WrittenSource[];
  graft?: unknown;
  features?: string[];
};

/** A build, read from IPFS. What the stand-in does not know of it is an error. */
export async function readManifest(hash: string, cat: Cat): Promise<Manifest> {
  const written = parse((await cat(hash)).toString()) as Written;
  const { dataSources = [], templates = [] } = written;
  refuseUnknown(written, [...dataSources, ...templates]);

  const schema = readSchema((await cat(linked(written.schema.file))).toString());
  const sources = await Promise.all(dataSources.map((source) => readSource(source, cat)));
  const made = await Promise.all(templates.map((source) => readSource(source, cat)));
  return {
    network: dataSources[0]?.network ?? "",
    schema,
    sources,
    templates: new Map(made.map((source) => [source.name, source])),
  };
}

function refuseUnknown({ graft, features = [] }: Written, sources: WrittenSource[]): void {
  const unknown = sources.flatMap(({ kind, mapping }) => [
    ...(kind === "ethereum" ? [] : [`data sources of kind ${kind}`]),
    ...(mapping.callHandlers ? ["callHandlers"] : []),
    ...(mapping.blockHandlers ? ["blockHandlers"] : []),
    ...(mapping.eventHandlers?.some(({ receipt }) => receipt) ? ["receipts for handlers"] : []),
  ]);
  if (graft) unknown.push("grafts");
  unknown.push(...features.map((feature) => `the feature ${feature}`));
  if (unknown.length === 0) return;
  throw new Error(`the stand-in for graph-node does not know ${unknown.join(", ")}`);
}

async function readSource({ name, source, mapping }: WrittenSource, cat: Cat): Promise<Source> {
  const abis = await Promise.all(
    mapping.abis.map(async ({ name, file }) => {
      return [name, new Interface((await cat(linked(file))).toString())] as const;
    }),
  );
  const abi = abis.find(([name]) => name === source.abi)?.[1];
  if (!abi) throw new Error(`data source ${name} has no ABI ${source.abi}`);
  return {
    name,
    address: source.address?.toLowerCase(),
    startBlock: source.startBlock ?? 0,
    abi,
    abis: new Map(abis),
    handlers: (mapping.eventHandlers ?? []).map(({ event, handler, topic0 }) => ({
      topic: topic0 ?? id(event.replaceAll("indexed ", "").replaceAll(" ", "")),
      handler,
    })),
    module: await compileMapping(await cat(linked(mapping.file))),
  };
}

function linked(link: Link): string {
  return link["/"].replace(/^\/ipfs\//, "");
}
