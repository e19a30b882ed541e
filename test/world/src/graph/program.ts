// graph-node's stand-in as a program: its options are its first argument, as JSON. It ends with its
// starter, or when it is killed; what it knew is in its folder.
import { join } from "node:path";
import { type AdminRequest, answerAdmin, isSubgraphName } from "./admin.ts";
import { GraphNodeCore } from "./core.ts";
import { ipfsClient } from "./ipfs-client.ts";
import { type Answer, type Asked, FOR_PAGES, serve } from "./serve.ts";
import { STATE } from "./state.ts";
import type { SwitchingMode } from "./versions.ts";

export type ProgramOptions = {
  dir: string;
  ipfs: string;
  chains: Record<string, string>;
  mode: SwitchingMode;
  /** What the admin API wants as a bearer token. */
  token?: string;
  ports: Ports;
};

/** 0 for any. `control` is the world's own. */
export type Ports = { admin: number; status: number; queries: number; control: number };

const options = JSON.parse(process.argv[2] ?? "{}") as ProgramOptions;
const core = new GraphNodeCore({
  statePath: join(options.dir, STATE),
  chains: options.chains,
  mode: options.mode,
  cat: ipfsClient(options.ipfs),
});
/** What the admin API was asked, in order. */
const asked: AdminRequest[] = [];

const ports: Ports = {
  admin: (await serve(options.ports.admin, admin)).port,
  status: (await serve(options.ports.status, status)).port,
  queries: (await serve(options.ports.queries, queries, FOR_PAGES)).port,
  control: (await serve(options.ports.control, control)).port,
};
process.stdout.write(`ports ${JSON.stringify(ports)}\n`);
await core.run(new AbortController().signal);

async function admin({ token, body }: Asked): Promise<Answer> {
  if (options.token !== undefined && token !== options.token) {
    return { status: 401, body: { error: "Unauthorized" } };
  }
  const request = body as AdminRequest;
  asked.push(request);
  return { body: await answerAdmin(core, request) };
}

async function status({ body }: Asked): Promise<Answer> {
  return { body: await core.status(body as never) };
}

async function queries({ path, body }: Asked): Promise<Answer> {
  const [, kind, target = ""] = /^\/subgraphs\/(name|id)\/(.+?)\/?$/.exec(path) ?? [];
  if (kind === "id") return { body: await core.query({ hash: target }, body as never) };
  if (kind !== "name") return { body: { message: "Not found" } };
  if (isSubgraphName(target)) return { body: await core.query({ name: target }, body as never) };
  return { status: 400, body: { error: `Invalid subgraph name \`${target}\`` } };
}

async function control({ path, body }: Asked): Promise<Answer> {
  if (path === "/reap") return { body: core.reap() };
  if (path === "/asked") return { body: asked };
  const { deployment, fault } = body as { deployment?: string; fault: object };
  await core.fault(deployment, fault);
  return { body: null };
}
