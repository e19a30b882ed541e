import { createHash } from "node:crypto";
import { type ChainClient, chainClient } from "./chain-client.ts";
import type { ChainStore } from "./chain-store.ts";
import { advance, type Pace } from "./indexer.ts";
import { ingest } from "./ingestor.ts";
import { type Cat, type Manifest, readManifest } from "./manifest.ts";
import { answerQuery, type Reply, type Request, refusal } from "./query.ts";
import { type Deployment, type NodeState, readState, writeState } from "./state.ts";
import { answerStatus } from "./status.ts";
import * as versions from "./versions.ts";

const NODE_ID = "default";
const POLL_MS = 50;

export type CoreOptions = {
  /** The file that it keeps what it knows in. */
  statePath: string;
  /** The JSON-RPC of each network that manifests name. */
  chains: Record<string, string>;
  mode: versions.SwitchingMode;
  cat: Cat;
};

/** What happens to one deployment, or to all that are not synced yet. */
export type Fault = {
  /** No more than these in a second; none at all when it is 0. */
  blocksPerSecond?: number | null;
  failAt?: number | null;
};

/** graph-node's own parts behind its APIs: what is deployed under which name, and is indexed. */
export class GraphNodeCore {
  readonly #options: CoreOptions;
  readonly #state: NodeState;
  readonly #chains: Map<string, ChainClient>;
  readonly #manifests = new Map<string, Promise<Manifest>>();
  readonly #lastMoves = new Map<string, number>();
  readonly #faults = new Map<string, Fault>();
  /** What each deployment waited for last. */
  readonly #troubles = new Map<string, string>();
  /** The deployment that is being indexed. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: CoreOptions) {
    this.#options = options;
    this.#state = readState(options.statePath);
    const chains = Object.entries(options.chains);
    this.#chains = new Map(chains.map(([network, url]) => [network, chainClient(url)]));
  }

  create(name: string): string {
    versions.createName(this.#state, name);
    this.#save();
    return createHash("sha256").update(name).digest("hex").slice(0, 32);
  }

  async deploy(name: string, hash: string, node = NODE_ID): Promise<Record<string, string>> {
    const manifest = await this.#manifest(hash).catch((error) => {
      throw new Error(`subgraph resolve error: resolve error: ${error.message}`);
    });
    const chain = this.#chains.get(manifest.network);
    if (!chain) throw new Error(unsupported(manifest.network, [...this.#chains.keys()]));
    if (!this.#state.names.has(name)) throw new Error(`subgraph name not found: ${name}`);

    const deployment =
      this.#state.deployments.get(hash) ?? (await newDeployment(hash, manifest, chain));
    deployment.node ??= node;
    this.#state.deployments.set(hash, deployment);
    versions.deployVersion(this.#state, name, deployment, this.#options.mode);
    versions.dropAssignments(this.#state);
    this.#save();
    const queries = `:8000/subgraphs/name/${name}`;
    return { playground: `${queries}/graphql`, queries };
  }

  remove(name: string): null {
    versions.removeName(this.#state, name);
    versions.dropAssignments(this.#state);
    this.#save();
    return null;
  }

  reassign(hash: string, node: string): null {
    this.#deployment(hash).node = node;
    this.#save();
    return null;
  }

  async pause(hash: string, paused: boolean): Promise<null> {
    this.#deployment(hash).paused = paused;
    this.#save();
    await this.#turn;
    return null;
  }

  reap(): string[] {
    const gone = versions.reap(this.#state);
    this.#save();
    return gone;
  }

  /** What is in hand is done when this resolves: from now on it is as the fault says. */
  async fault(deployment: string | undefined, fault: Fault): Promise<void> {
    const key = deployment ?? "";
    this.#faults.set(key, { ...this.#faults.get(key), ...fault });
    await this.#turn;
  }

  status(request: Request): Promise<Reply> {
    return answerStatus(this.#state, request);
  }

  /** Answers a query to what a name's current version is, or a deployment by its hash. */
  async query(target: { name: string } | { hash: string }, request: Request): Promise<Reply> {
    const hash = "hash" in target ? target.hash : this.#state.names.get(target.name)?.current;
    const deployment = this.#state.deployments.get(hash ?? "");
    const asked = "hash" in target ? target.hash : target.name;
    if (!deployment) return refusal(`deployment \`${asked}\` does not exist`);
    const { schema } = await this.#manifest(deployment.hash);
    return answerQuery(deployment, schema, request);
  }

  /** Indexes, until it is stopped. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const moved = await this.#round();
      const pause = moved ? 0 : POLL_MS;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  async #round(): Promise<boolean> {
    for (const [network, chain] of this.#chains) {
      const isNew = await ingest(this.#chainStore(network), chain).catch(() => false);
      if (isNew) this.#save();
    }
    let moved = false;
    for (const deployment of this.#state.deployments.values()) {
      const { node, paused, failure } = deployment;
      if (!node || paused || failure?.deterministic) continue;
      // Whatever does not answer may do so in the next round.
      const turn = this.#advance(deployment).catch((error) => this.#tell(deployment, error));
      this.#turn = turn;
      moved = (await turn) || moved;
    }
    return moved;
  }

  async #advance(deployment: Deployment): Promise<boolean> {
    const manifest = await this.#manifest(deployment.hash);
    const chain = this.#chains.get(manifest.network) as ChainClient;
    const source = { manifest, chain, store: this.#chainStore(manifest.network) };
    if (!(await advance(deployment, source, this.#pace(deployment)))) return false;
    this.#lastMoves.set(deployment.hash, Date.now());
    if (deployment.synced) versions.promote(this.#state, deployment.hash);
    versions.dropAssignments(this.#state);
    this.#save();
    return true;
  }

  /** Says once why a deployment does not go on. */
  #tell({ hash }: Deployment, { message }: Error): false {
    if (this.#troubles.get(hash) !== message) console.error(`${hash} waits: ${message}`);
    this.#troubles.set(hash, message);
    return false;
  }

  #pace({ hash, synced }: Deployment): Pace {
    const forAll = synced ? {} : this.#faults.get("");
    const { blocksPerSecond, failAt } = { ...forAll, ...this.#faults.get(hash) };
    const stop = failAt ?? undefined;
    if (typeof blocksPerSecond !== "number") return { blocks: Infinity, failAt: stop };
    const last = this.#lastMoves.get(hash) ?? Date.now();
    this.#lastMoves.set(hash, last);
    return { blocks: Math.floor(((Date.now() - last) / 1000) * blocksPerSecond), failAt: stop };
  }

  #chainStore(network: string): ChainStore {
    const store = this.#state.chains.get(network) ?? { head: undefined, blocks: new Map() };
    this.#state.chains.set(network, store);
    return store;
  }

  #deployment(hash: string): Deployment {
    const deployment = this.#state.deployments.get(hash);
    if (!deployment) throw new Error(`deployment not found: ${hash}`);
    return deployment;
  }

  /** Read once; what failed is tried again. */
  #manifest(hash: string): Promise<Manifest> {
    const known = this.#manifests.get(hash) ?? readManifest(hash, this.#options.cat);
    this.#manifests.set(hash, known);
    known.catch(() => this.#manifests.delete(hash));
    return known;
  }

  #save(): void {
    writeState(this.#options.statePath, this.#state);
  }
}

async function newDeployment(
  hash: string,
  { network, sources }: Manifest,
  chain: ChainClient,
): Promise<Deployment> {
  const start = Math.min(...sources.map(({ startBlock }) => startBlock));
  const before = start > 0 ? await chain.pointer(start - 1) : undefined;
  if (start > 0 && !before) {
    const what = `the specified block ${start} must exist on the Ethereum network`;
    throw new Error(`subgraph validation error: ${what}`);
  }
  return {
    hash,
    network,
    node: undefined,
    paused: false,
    synced: false,
    failure: undefined,
    earliest: before?.number ?? 0,
    latest: before,
    created: [],
    entities: new Map(),
  };
}

function unsupported(network: string, known: string[]): string {
  const what = `No network ${network} found on chain ethereum`;
  return `network not supported by registrar: ${what}, known are ${known.join(", ")}`;
}
