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
  source: { address?: string; abi: string; startBlock?: number; endBlock?: number };
  context?: unknown;
  mapping: {
    file: Link;
    abis: { name: string; file: Link }[];
    apiVersion: string;
    eventHandlers?: {
      event: string;
      handler: string;
      topic0?: string;
      topic1?: string[];
      topic2?: string[];
      topic3?: string[];
      receipt?: boolean;
    }[];
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

/** Those whose objects in memory are as wasm/heap.ts has them. */
const API_VERSIONS = ["0.0.6", "0.0.7", "0.0.8", "0.0.9"];

function refuseUnknown(written: Written, sources: WrittenSource[]): void {
  const { graft, features = [], dataSources = [] } = written;
  const unknown = [
    ...(graft ? ["grafts"] : []),
    ...features.map((feature) => `the feature ${feature}`),
    ...(dataSources.some(({ source }) => !source?.address) ? ["sources without an address"] : []),
    ...sources.flatMap(unknownOf),
  ];
  if (unknown.length === 0) return;
  throw new Error(`the stand-in for graph-node does not know ${unknown.join(", ")}`);
}

function unknownOf({ kind, source, context, mapping }: WrittenSource): string[] {
  if (kind !== "ethereum") return [`data sources of kind ${kind}`];
  const { apiVersion, callHandlers, blockHandlers, eventHandlers = [] } = mapping;
  const filtered = eventHandlers.some(({ topic1, topic2, topic3 }) => topic1 ?? topic2 ?? topic3);
  return [
    ...(API_VERSIONS.includes(apiVersion) ? [] : [`apiVersion ${apiVersion}`]),
    ...(callHandlers ? ["callHandlers"] : []),
    ...(blockHandlers ? ["blockHandlers"] : []),
    ...(filtered ? ["filters of topics"] : []),
    ...(eventHandlers.some(({ receipt }) => receipt) ? ["receipts for handlers"] : []),
    ...(source.endBlock === undefined ? [] : ["endBlock"]),
    ...(context === undefined ? [] : ["contexts"]),
  ];
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
