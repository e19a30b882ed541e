/*
 * Subgraphs of kinds that the product's own is none of, built by graph-cli and indexed by
 * graph-node itself.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@playbook/world";
import { installProduct } from "../../../../test/products/install.ts";
import { type Inputs, run } from "../../src/run.ts";
import { openRealScene, quick, type Scene } from "../apply/scene.ts";

const parts = new AsyncDisposableStack();
let scene: Scene;
let packages: string;

beforeAll(async () => {
  const { path } = parts.use(await temporaryFolder("strangers"));
  packages = await installProduct("subgraph", join(path, "packages"));
  scene = parts.use(await openRealScene({ mode: "synced" }));
}, 1_200_000);
afterAll(() => parts.disposeAsync());

const mapping = `
    mapping:
      kind: ethereum/events
      apiVersion: 0.0.9
      language: wasm/assemblyscript
      file: ./mapping.ts
      entities: [Block, Reading]
      abis: [{ name: Erc20, file: ./erc20.json }]`;

/** Every block, a sum of them by the hour, and files of IPFS by a template. */
const BLOCKS = {
  "package.json": JSON.stringify({ scripts: { codegen: "graph codegen --output-dir types/" } }),
  "erc20.json": JSON.stringify([{ type: "event", name: "Nothing", inputs: [], anonymous: false }]),
  "subgraph.yaml": `
specVersion: 1.3.0
schema: { file: ./schema.graphql }
features: [nonFatalErrors]
indexerHints: { prune: auto }
dataSources:
  - kind: ethereum
    name: Blocks
    network: alpha
    source: { address: "0x${"11".repeat(20)}", abi: Erc20, startBlock: 1 }${mapping}
      blockHandlers: [{ handler: handleBlock }]
templates:
  - kind: file/ipfs
    name: Note${mapping}
      handler: handleNote
`,
  "schema.graphql": `
type Block @entity(immutable: true) { id: Bytes! number: Int! note: String! }
type Reading @entity(timeseries: true) { id: Int8! timestamp: Timestamp! height: BigInt! }
type Height @aggregation(intervals: ["hour"], source: "Reading") {
  id: Int8! timestamp: Timestamp! highest: BigInt! @aggregate(fn: "max", arg: "height") }
`,
  "mapping.ts": `
import { Bytes, ethereum } from "@graphprotocol/graph-ts";
import { Block, Reading } from "./types/schema";
export function handleBlock(block: ethereum.Block): void {
  let one = new Block(block.hash);
  one.number = block.number.toI32();
  one.note = "number " + block.number.toString();
  one.save();
  let reading = new Reading(0);
  reading.height = block.number;
  reading.save();
}
export function handleNote(content: Bytes): void {}
`,
};

/** Of another subgraph's entities in place of a chain's events. */
const composed = (source: string) => ({
  "subgraph.yaml": `
specVersion: 1.3.0
schema: { file: ./schema.graphql }
dataSources:
  - kind: subgraph
    name: Blocks
    network: alpha
    source: { address: ${source}, startBlock: 1 }
    mapping:
      apiVersion: 0.0.9
      language: wasm/assemblyscript
      file: ./mapping.ts
      entities: [Seen]
      handlers: [{ handler: handleBlock, entity: Block }]
`,
  "schema.graphql": "type Seen @entity(immutable: true) { id: Bytes! number: Int! }",
  "mapping.ts": `
import { Seen } from "./generated/schema";
import { Block } from "./generated/subgraph-${source}";
export function handleBlock(block: Block): void {
  let seen = new Seen(block.id);
  seen.number = block.number;
  seen.save();
}
`,
});

async function write(folder: string, files: Record<string, string>): Promise<string> {
  const project = join(packages, folder);
  await mkdir(project, { recursive: true });
  for (const [path, text] of Object.entries(files)) await writeFile(join(project, path), text);
  return project;
}

/** Builds and deploys a project under the name of its folder. Resolves to its hash. */
async function release(project: string, over: Partial<Inputs> = {}) {
  const folder = `${project}-built`;
  const own = { name: `acme/${project.split("/").at(-1)}`, project, state: `${project}-state` };
  const inputs = scene.inputs({ release: "v1", folder, deployment: "" }, { ...own, ...over });
  const built = await run({ ...inputs, mode: "build" }, quick());
  expect((await run(inputs, quick())).outputs).toMatchObject({
    ...{ state: "live", deployment: built.outputs.deployment },
  });
  return String(built.outputs.deployment);
}

test("one that is made of what IPFS does not have is told which", async () => {
  const missing = "QmYGBt4dTpzHSvAkNGJDJkLyQzDkJ9Nd6QzMqkh6xbyyLc";
  const project = await write("missing", composed(missing));
  await expect(release(project)).rejects.toMatchObject({
    code: "build-failed",
    why: expect.stringContaining(`It reads the schemas of ${missing} from 127.0.0.1`),
  });
}, 300_000);

test("one that graph-node panics over is told, since it answers whatever else it is asked", async () => {
  const search = `type _Schema_ @fulltext(name: "search", language: en, algorithm: rank, include: [{
  entity: "Block", fields: [{ name: "note" }] }])`;
  const project = await write("searched", {
    ...BLOCKS,
    "subgraph.yaml": BLOCKS["subgraph.yaml"].replace("[non", "[fullTextSearch, non"),
    "schema.graphql": search + BLOCKS["schema.graphql"],
  });
  await expect(release(project)).rejects.toMatchObject({
    code: "deployment-refused",
    why: expect.stringContaining("GRAPH_ALLOW_NON_DETERMINISTIC_FULLTEXT_SEARCH"),
  });
}, 300_000);
