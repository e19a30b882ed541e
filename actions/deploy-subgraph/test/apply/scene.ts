import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { contextForTests, type TestContext } from "@playbook/action/testing";
import { deploymentOf, originText, PARTS, uploadsOf } from "@playbook/subgraph";
import {
  type Chain,
  type GraphNode,
  type Ipfs,
  type OriginalGraphNode,
  startChain,
  startGraphNode,
  startIpfs,
  startOriginalGraphNode,
  temporaryFolder,
} from "@playbook/world";
import { dump, load } from "js-yaml";
import { builtSubgraph } from "../../../../test/products/live-subgraph.ts";
import { Emitter } from "../../../../test/world/test/graph/emitter.ts";
import { setEdition } from "../../src/build/edition.ts";
import type { Inputs } from "../../src/run.ts";
import { run } from "../../src/run.ts";
import { type Gate, startGate } from "./gate.ts";

export const NAME = "acme/nexus";
export const TOKEN = "graph-admin-secret-0123456789";
export const BLOCKS = 40;
export const LAG = 5;
/** Where a build fails that is to. */
export const FAILS_AT = 20;
const DAY_MS = 86_400_000;

/** A build of the product's subgraph as one of its releases. */
export type Release = { release: string; folder: string; deployment: string };

/** graph-node itself, or its stand-in, which can be told more. */
export type Scene<Node = OriginalGraphNode> = AsyncDisposable & {
  readonly chain: Chain;
  readonly ipfs: Ipfs;
  readonly node: Node;
  /** What stands between a run and the node's admin and IPFS. */
  readonly gate: Gate;
  readonly dir: string;
  /** Writes a release's build: `order` is its commit's time, and every one is another subgraph. */
  release(order: number, over?: ReleaseOptions & { fails?: boolean }): Promise<Release>;
  inputs(release: Release, over?: Partial<Inputs>): Inputs;
  /** Runs the action to its end. */
  deploy(release: Release, over?: Partial<Inputs>, context?: TestContext): ReturnType<typeof run>;
  /** What the public name answers from; undefined when it answers nothing. */
  live(name?: string): Promise<string | undefined>;
};

export type ReleaseOptions = {
  name?: string;
  queries?: Record<string, string>;
  /** The same subgraph as that of another order. */
  like?: number;
  /** Another subgraph of the same content. */
  edition?: string;
  /** What it watches makes it fail. */
  watches?: string;
};

type Mode = { mode?: "instant" | "synced" };

/** With the stand-in. */
export const openScene = ({ mode }: Mode = {}): Promise<Scene<GraphNode>> =>
  sceneWith(({ ipfs, chain }) => startGraphNode({ ipfs, chains: [chain], mode, token: TOKEN }));

/** With graph-node itself. */
export const openRealScene = ({ mode }: Mode = {}): Promise<Scene> =>
  sceneWith(({ ipfs, chain }) => startOriginalGraphNode({ ipfs, chain, mode, token: TOKEN }));

/** A chain with blocks, an IPFS, a node that wants a token, and builds to deploy. */
async function sceneWith<Node extends OriginalGraphNode>(
  start: (parts: { ipfs: Ipfs; chain: { name: string; url: string } }) => Promise<Node>,
): Promise<Scene<Node>> {
  await using cleanup = new AsyncDisposableStack();
  const { path: dir } = cleanup.use(await temporaryFolder("subgraph-scene"));
  const chain = cleanup.use(await startChain({ id: 10012, name: "alpha", mining: "manual" }));
  const failing = await withFailure(chain);
  const ipfs = cleanup.use(await startIpfs());
  const node = cleanup.use(await start({ ipfs, chain: { name: "alpha", url: chain.url } }));
  const gate = cleanup.use(await startGate({ admin: node.adminUrl, ipfs: ipfs.url }));
  const nobody = { address: `0x${"11".repeat(20)}`, startBlock: 1 };
  const contracts = { Nexus: nobody, Vortex: nobody };
  const built = await builtSubgraph(join(dir, "product"), "alpha", contracts);

  const inputs: Scene<Node>["inputs"] = ({ release, folder }, over = {}) => ({
    ...{ mode: "apply", name: NAME, release, environment: "production", folder },
    ...{ admin: gate.admin, adminToken: TOKEN, ipfs: gate.ipfs },
    ...{ status: node.statusUrl, query: node.queryUrl },
    ...{ lag: LAG, wait: 10 * DAY_MS, deadline: 10 * DAY_MS, keep: 3, rollback: false },
    ...{ state: join(dir, "state"), repository: "acme/nexus", run: "a test" },
    ...{ project: ".", sources: [], queries: "queries", allowBreaking: false },
    ...over,
  });

  const parts = cleanup.move();
  return {
    ...{ chain, ipfs, node, gate, dir, inputs },
    release: (order, { fails, ...options } = {}) => {
      const watches = fails ? { watches: failing } : {};
      return writeRelease(join(dir, "releases"), built, order, { ...options, ...watches });
    },
    deploy: (release, over, context = quick()) => run(inputs(release, over), context),
    live: (name = NAME) => answering(node, name),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** Mines the blocks, with an event that no mapping bears. Resolves to the contract that has it. */
async function withFailure(chain: Chain): Promise<string> {
  const emits = await new Emitter(chain.send).place();
  await chain.mine(FAILS_AT - 1);
  await chain.send("evm_setAutomine", [true]);
  await emits.sent(0n);
  await chain.send("evm_setAutomine", [false]);
  await chain.mine(BLOCKS - FAILS_AT);
  return emits.address;
}

/**
 * A context whose pauses are short and count in full: what is awaited in the tests happens at once.
 */
export function quick(): TestContext {
  let skipped = 0;
  const now = () => Date.now() + skipped;
  const nap = async (ms: number, signal?: AbortSignal) => {
    const slept = Math.min(ms, 25);
    await sleep(slept, undefined, { signal }).catch(() => signal?.throwIfAborted());
    skipped += ms - slept;
  };
  return contextForTests({ clock: { now, sleep: nap } });
}

/** However busy the machine is: what is not said by then is not said. */
const PATIENCE_MS = 120_000;

/** Waits until a run has said something, after so many lines. */
export async function untilSaid({ said }: TestContext, words: string, after = 0): Promise<void> {
  const over = Date.now() + PATIENCE_MS;
  while (!said.slice(after).some((line) => line.includes(words))) {
    if (Date.now() > over) throw new Error(`It never said "${words}", but:\n${said.join("\n")}`);
    await sleep(10);
  }
}

type Manifest = { dataSources: { source: { address: string } }[] };

/** Writes a build of a product as one of its releases. */
export async function writeRelease(
  releases: string,
  built: string,
  order: number,
  { name = `v${order}`, queries = {}, like = order, edition, watches }: ReleaseOptions = {},
): Promise<Release> {
  const folder = join(releases, name);
  const subgraph = join(folder, PARTS.subgraph);
  await cp(built, subgraph, { recursive: true });
  const path = join(subgraph, "subgraph.yaml");
  const manifest = load(await readFile(path, "utf8")) as Manifest;
  for (const { source } of manifest.dataSources) source.address = watches ?? source.address;
  await writeFile(path, dump({ ...manifest, description: `The ${like}. of them.` }));
  if (edition) await setEdition(subgraph, edition);

  await mkdir(join(folder, PARTS.queries), { recursive: true });
  for (const [file, text] of Object.entries(queries)) {
    await writeFile(join(folder, PARTS.queries, file), text);
  }
  await writeFile(join(folder, PARTS.origin), originText({ commit: null, order }));
  return { release: name, folder, deployment: deploymentOf(await uploadsOf(subgraph)) };
}

async function answering(
  { queryUrl }: OriginalGraphNode,
  name: string,
): Promise<string | undefined> {
  const body = JSON.stringify({ query: "{ _meta { deployment } peers { id } }" });
  const answer = await fetch(`${queryUrl}/subgraphs/name/${name}`, { method: "POST", body });
  const { data } = (await answer.json()) as { data?: { _meta: { deployment: string } } };
  return data?._meta.deployment;
}
