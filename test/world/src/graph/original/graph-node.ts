import { join } from "node:path";
import { tool } from "../../../../../scripts/tools.ts";
import { type Postgres, startPostgres } from "../../postgres.ts";
import { freePort, type Process, startProcess } from "../../process.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import type { AdminRequest } from "../admin.ts";
import type { GraphNode, GraphNodeOptions } from "../graph-node.ts";
import { ipfsClient } from "../ipfs-client.ts";
import type { Cat } from "../manifest.ts";
import { type Answer, type Asked, serve } from "../serve.ts";
import { copyBuild } from "./builds.ts";
import { IDLE, writeIdleBuild } from "./idle.ts";

export type OriginalGraphNode = AsyncDisposable &
  Pick<GraphNode, "adminUrl" | "statusUrl" | "queryUrl" | "down" | "up">;

type Ports = { admin: number; status: number; queries: number; metrics: number };
type Launch = { options: GraphNodeOptions; postgres: Postgres; builds: string; ports: Ports };

/** Its tables are made as it starts for the first time. */
const STARTING_MS = 120_000;

/**
 * graph-node itself, as `gnd` has it, with a PostgreSQL of its own. gnd knows builds as files
 * alone, so that what is to be deployed is copied there from IPFS just before.
 */
export async function startOriginalGraphNode(
  options: Omit<GraphNodeOptions, "dir">,
): Promise<OriginalGraphNode> {
  await using cleanup = new AsyncDisposableStack();
  const { path: builds } = cleanup.use(await temporaryFolder("graph-node"));
  const postgres = cleanup.use(await startPostgres());
  const [admin, status] = [await freePort(), await freePort()];
  const [queries, metrics] = [await freePort(), await freePort()];
  const launched = { options, postgres, builds, ports: { admin, status, queries, metrics } };
  const door = cleanup.use(await serve(0, doorTo(admin, options, builds)));

  const adminUrl = at(door.port);
  let node = await launch(launched);
  cleanup.defer(() => node.stop(0));
  await removeIdle(adminUrl, options.token);
  const parts = cleanup.move();
  return {
    adminUrl,
    statusUrl: `${at(status)}/graphql`,
    queryUrl: at(queries),
    down: () => node.stop(0),
    up: async () => {
      node = await launch(launched);
      await removeIdle(adminUrl, options.token);
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

const at = (port: number) => `http://127.0.0.1:${port}`;

/** What stands before its admin: a token is asked for, and builds are brought. */
function doorTo(admin: number, { token: wanted, ipfs }: GraphNodeOptions, builds: string) {
  const cat: Cat = ipfsClient(ipfs.url);
  return async ({ token, body }: Asked): Promise<Answer> => {
    if (wanted !== undefined && token !== wanted) {
      return { status: 401, body: { error: "Unauthorized" } };
    }
    const { method, params } = body as AdminRequest;
    const hash = method === "subgraph_deploy" ? params?.ipfs_hash : undefined;
    // Of what is not there it says so itself.
    if (typeof hash === "string") await copyBuild(hash, cat, builds).catch(() => undefined);
    const headers = { "content-type": "application/json" };
    const request = { method: "POST", headers, body: JSON.stringify(body) };
    const answer = await fetch(at(admin), request);
    return { status: answer.status, body: await answer.json() };
  };
}

async function launch({ options, postgres, builds, ports }: Launch): Promise<Process> {
  const { chains, ipfs, mode = "instant" } = options;
  const idle = await writeIdleBuild(join(builds, "idle"), chains[0]?.name ?? "");
  const { PATH = "/usr/bin:/bin", HOME = "/" } = process.env;
  return startProcess({
    name: "graph-node",
    command: await tool("gnd"),
    args: [
      ...["dev", "--manifests", `${idle}:.`, "--postgres-url", postgres.url],
      ...["--ethereum-rpc", chains.map(({ name, url }) => `${name}:${url}`).join(",")],
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
