import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Ipfs } from "../ipfs/ipfs.ts";
import { type Process, startProcess } from "../process.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import type { AdminRequest } from "./admin.ts";
import type { Fault } from "./core.ts";
import { graphman, psql } from "./graphman.ts";
import type { Ports, ProgramOptions } from "./program.ts";
import { type NodeState, readState, STATE, writeState } from "./state.ts";
import type { SwitchingMode } from "./versions.ts";

const program = fileURLToPath(new URL("./program.ts", import.meta.url));

/** Longer than the work that it has in hand takes when a fault is told to it. */
const PATIENCE_MS = 180_000;

export type GraphNodeOptions = {
  /** Where it reads builds from. */
  ipfs: Pick<Ipfs, "url">;
  /** The chains that it indexes, under the names that manifests call them by. */
  chains: readonly { name: string; url: string }[];
  /** When a new version answers under its name: at once, or only once it is synced. */
  mode?: SwitchingMode;
  /** A bearer token that the admin API wants, as a proxy before it would. */
  token?: string;
  /** An existing folder for what it remembers; one of its own when absent. */
  dir?: string;
};

export type GraphNode = AsyncDisposable & {
  /** JSON-RPC: `subgraph_create`, `subgraph_deploy` and the others. */
  readonly adminUrl: string;
  /** GraphQL about deployments: `indexingStatuses` and the others. */
  readonly statusUrl: string;
  /** `<queryUrl>/subgraphs/name/<name>` and `<queryUrl>/subgraphs/id/<hash>`. */
  readonly queryUrl: string;
  /**
   * No more blocks than that in a second, none with 0, all with nothing: of one deployment, or of
   * every one that is not synced.
   */
  slow(blocksPerSecond: number | undefined, deployment?: string): Promise<void>;
  /** Fails at that block or, when it is past it, at its next: one, or all that are not synced. */
  failAt(block: number | undefined, deployment?: string): Promise<void>;
  /** Removes what no name has any longer, as graph-node does some hours later. Returns which. */
  reap(): Promise<string[]>;
  /** What the admin API was asked, since it is up. */
  asked(): Promise<AdminRequest[]>;
  /** Killed: nobody answers. What it had written down stays. */
  down(): Promise<void>;
  /** At the same addresses, without faults. */
  up(): Promise<void>;
  /** Runs graphman on the database of a node that is down. */
  graphman(...args: string[]): Promise<void>;
  /** Runs a statement in the database of a node that is down. */
  psql(statement: string): Promise<void>;
};

/**
 * A stand-in for graph-node 0.44: it reads builds from IPFS, runs their WebAssembly mappings over
 * the chains' real logs, and answers as graph-node does.
 */
export async function startGraphNode(options: GraphNodeOptions): Promise<GraphNode> {
  await using cleanup = new AsyncDisposableStack();
  const dir = options.dir ?? cleanup.use(await temporaryFolder("graph-node")).path;
  const { mode = "instant", token } = options;
  const chains = Object.fromEntries(options.chains.map(({ name, url }) => [name, url]));
  const any: Ports = { admin: 0, status: 0, queries: 0, control: 0 };
  const known = { dir, ipfs: options.ipfs.url, chains, mode, token };

  let node = await launch({ ...known, ports: any });
  cleanup.defer(() => node.stop(0));
  const ports = portsIn(node.output()) as Ports;
  const at = (port: number) => `http://127.0.0.1:${port}`;
  const control = async <T>(path: string, body: object) => {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const request = { method: "POST", body: JSON.stringify(body), signal };
    const answer = await fetch(`${at(ports.control)}/${path}`, request).catch((cause) => {
      throw new Error(`graph-node does not do ${path}; it says:\n${node.output()}`, { cause });
    });
    return (await answer.json()) as T;
  };
  let isDown = false;
  const edit = (change: (state: NodeState) => void) => {
    if (!isDown) throw new Error("a node that is up has in memory what its database says");
    const path = join(dir, STATE);
    const state = readState(path);
    change(state);
    writeState(path, state);
  };
  const fault = (deployment: string | undefined, fault: Fault) =>
    control<void>("fault", { deployment, fault });

  const parts = cleanup.move();
  return {
    adminUrl: at(ports.admin),
    statusUrl: `${at(ports.status)}/graphql`,
    queryUrl: at(ports.queries),
    slow: (blocksPerSecond, deployment) =>
      fault(deployment, { blocksPerSecond: blocksPerSecond ?? null }),
    failAt: (block, deployment) => fault(deployment, { failAt: block ?? null }),
    reap: () => control<string[]>("reap", {}),
    asked: () => control<AdminRequest[]>("asked", {}),
    down: async () => {
      await node.stop(0);
      isDown = true;
    },
    up: async () => {
      isDown = false;
      node = await launch({ ...known, ports });
    },
    graphman: async (...args) => edit((state) => graphman(state, args)),
    psql: async (statement) => edit((state) => psql(state, statement)),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

function launch(options: ProgramOptions): Promise<Process> {
  return startProcess({
    name: "graph-node",
    command: process.execPath,
    args: ["--disable-warning=ExperimentalWarning", program, JSON.stringify(options)],
    ready: (output) => portsIn(output) !== undefined,
  });
}

function portsIn(output: string): Ports | undefined {
  const found = /^ports (.*)$/m.exec(output)?.[1];
  return found ? JSON.parse(found) : undefined;
}
