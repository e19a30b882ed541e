import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";

/** What gnd calls the first that it deploys. */
export const IDLE = "subgraph-0";

const EVENT = { type: "event", name: "Nothing", inputs: [], anonymous: false };

/** The smallest module of WebAssembly. */
const MODULE = Buffer.from([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);

/**
 * A build without anything to index: gnd deploys one as it starts, and ends when it cannot.
 * Resolves to the path of its manifest.
 */
export async function writeIdleBuild(folder: string, network: string): Promise<string> {
  const mapping = {
    ...{ kind: "ethereum/events", apiVersion: "0.0.9", language: "wasm/assemblyscript" },
    ...{ entities: ["Nothing"], file: { "/": "idle.wasm" } },
    abis: [{ name: "Idle", file: { "/": "abi.json" } }],
    eventHandlers: [{ event: "Nothing()", handler: "handleNothing" }],
  };
  const source = { address: `0x${"0".repeat(40)}`, abi: "Idle", startBlock: 0 };
  const manifest = {
    specVersion: "0.0.5",
    schema: { file: { "/": "schema.graphql" } },
    dataSources: [{ kind: "ethereum/contract", name: "Idle", network, source, mapping }],
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "schema.graphql"), "type Nothing @entity { id: ID! }\n");
  await writeFile(join(folder, "abi.json"), JSON.stringify([EVENT]));
  await writeFile(join(folder, "idle.wasm"), MODULE);
  const path = join(folder, "subgraph.yaml");
  await writeFile(path, stringify(manifest));
  return path;
}
