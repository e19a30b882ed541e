import { join } from "node:path";
import { tool } from "../../../../../scripts/tools.ts";
import { type Postgres, startPostgres } from "../../postgres.ts";
import { freePort, type Process, startProcess } from "../../process.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import type { AdminRequest } from "../admin.ts";
import type { GraphNode, GraphNodeOptions } from "../graph-node.ts";
import { ipfsClient } from "../ipfs-client.ts";
import type { Cat } from "../manifest.ts";
import { type Asked, passOn, serve } from "../serve.ts";
import { copyBuild } from "./builds.ts";
import { IDLE, writeIdleBuild } from "./idle.ts";
import { openRpcDoor } from "./rpc-door.ts";

/** Of several chains gnd takes one. */
export type OriginalGraphNodeOptions = Omit<GraphNodeOptions, "dir" | "chains"> & {
  chain: { name: string; url: string };
};

export type OriginalGraphNode = AsyncDisposable &
  Pick<GraphNode, "adminUrl" | "statusUrl" | "queryUrl" | "down" | "up" | "psql"> & {
    /** Reads logs of no more blocks than that in a second, of none with 0, of all with nothing. */
    slow(blocksPerSecond: number | undefined): Promise<void>;
    /** What graphman does to the database, which npm does not have: of all, `chain truncate`. */
    graphman(...args: string[]): Promise<void>;
  };

type Ports = { admin: number; status: number; queries: number; metrics: number };
type Launch = {
  options: OriginalGraphNodeOptions;
  rpc: string;
  postgres: Postgres;
  builds: string;
  ports: Ports;
};

/** As graphman has it, of the only chain that there is. */
const TRUNCATE = "truncate table chain1.blocks restart identity";

/** Its tables are made as it starts for the first time. */
const STARTING_MS = 120_000;

/**
 * graph-node itself, as `gnd` has it, with a PostgreSQL of its own. gnd knows builds as files
 * alone, so that what is to be deployed is copied there from IPFS just before.
 */
export async function startOriginalGraphNode(
  options: OriginalGraphNodeOptions,
): Promise<OriginalGraphNode> {
  await using cleanup = new AsyncDisposableStack();
  const { path: builds } = cleanup.use(await temporaryFolder("graph-node"));
  const postgres = cleanup.use(await startPostgres());
  const [admin, status] = [await freePort(), await freePort()];
  const [queries, metrics] = [await freePort(), await freePort()];
  const ports = { admin, status, queries, metrics };
  const door = cleanup.use(await serve(0, doorTo(admin, options, builds)));
  const rpc = cleanup.use(await openRpcDoor(options.chain.url));

  const adminUrl = at(door.port);
  const start = async () => {
    const node = await launch({ options, rpc: rpc.url, postgres, builds, ports });
    await removeIdle(adminUrl, options.token);
    return node;
  };
  let node = await start();
  cleanup.defer(() => node.stop(0));
  const parts = cleanup.move();
  return {
    adminUrl,
    statusUrl: `${at(status)}/graphql`,
    queryUrl: at(queries),
    slow: async (blocksPerSecond) => rpc.slow(blocksPerSecond),
    graphman: async (...args) => {
      if (`${args}` !== `chain,truncate,--force,${options.chain.name}`) {
        throw new Error(`there is no graphman ${args[0]}`);
      }
      await postgres.psql(TRUNCATE);
    },
    psql: async (statement) => {
      await postgres.psql(statement);
    },
    down: () => node.stop(0),
    up: async () => {
      rpc.slow(undefined);
      node = await start();
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

const at = (port: number) => `http://127.0.0.1:${port}`;

/** What stands before its admin: a token is asked for, and builds are brought. */
function doorTo(admin: number, { token: wanted, ipfs }: OriginalGraphNodeOptions, builds: string) {
  const cat: Cat = ipfsClient(ipfs.url);
  return async ({ token, body }: Asked) => {
    if (wanted !== undefined && token !== wanted) {
      return { status: 401, body: { error: "Unauthorized" } };
    }
    const { method, params } = body as AdminRequest;
    const hash = method === "subgraph_deploy" ? params?.ipfs_hash : undefined;
    if (typeof hash === "string") await copyBuild(hash, cat, builds);
    return passOn(at(admin), body);
  };
}

async function launch({ options, rpc, postgres, builds, ports }: Launch): Promise<Process> {
  const { chain, ipfs, mode = "instant" } = options;
  const idle = await writeIdleBuild(join(builds, "idle"), chain.name);
  const { PATH = "/usr/bin:/bin", HOME = "/" } = process.env;
  return startProcess({
    name: "graph-node",
    command: await tool("gnd"),
    args: [
      ...["dev", "--manifests", `${idle}:.`, "--postgres-url", postgres.url],
      ...["--ethereum-rpc", `${chain.name}:${rpc}`],
      ...["--ipfs", new URL(ipfs.url).host, "--http-port", String(ports.queries)],
      ...["--admin-port", String(ports.admin), "--index-node-port", String(ports.status)],
      ...["--metrics-port", String(ports.metrics)],
    ],
    cwd: builds,
    env: {
      ...{ PATH, HOME, ETHEREUM_POLLING_INTERVAL: "100", RUST_BACKTRACE: "0" },
      EXPERIMENTAL_SUBGRAPH_VERSION_SWITCHING_MODE: mode,
    },
    ready: (output) => output.includes("Subgraph deployed"),
    deadlineMs: STARTING_MS,
  });
}

/** Nothing is indexed but what a test deploys. */
async function removeIdle(adminUrl: string, token: string | undefined): Promise<void> {
  const call = { jsonrpc: "2.0", id: 1, method: "subgraph_remove", params: { name: IDLE } };
  const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  await fetch(adminUrl, { method: "POST", headers, body: JSON.stringify(call) });
}
