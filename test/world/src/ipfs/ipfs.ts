import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { shell, tool } from "../../../../scripts/tools.ts";
import { type Process, startProcess } from "../process.ts";
import { temporaryFolder } from "../temporary-folder.ts";

export type IpfsOptions = {
  /** An existing folder for its repository; one of its own when absent. */
  dir?: string;
};

export type Ipfs = AsyncDisposable & {
  /** The API's address, the same when it is up again: `<url>/api/v0/add`. */
  readonly url: string;
  /** Whether its own node has a file pinned. */
  isPinned(cid: string): Promise<boolean>;
  /** Nobody answers from now on; what is stored stays. */
  down(): Promise<void>;
  up(): Promise<void>;
};

/** A real IPFS node (kubo) that knows no other: it has what was added to it, and nothing else. */
export async function startIpfs({ dir }: IpfsOptions = {}): Promise<Ipfs> {
  await using cleanup = new AsyncDisposableStack();
  const home = dir ?? cleanup.use(await temporaryFolder("ipfs")).path;
  const repository = { ipfs: await tool("kubo"), env: { IPFS_PATH: join(home, "repository") } };
  await initialize(repository);

  let daemon = await launch(repository);
  const address = apiAddress(daemon.output());
  await configure(repository, { API: address.multiaddr });
  cleanup.defer(() => daemon.stop());

  const parts = cleanup.move();
  return {
    url: address.url,
    isPinned: async (cid) => {
      const answer = await fetch(`${address.url}/api/v0/pin/ls?arg=${cid}`, { method: "POST" });
      return answer.ok;
    },
    down: () => daemon.stop(0),
    up: async () => {
      daemon = await launch(repository);
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

type Repository = { ipfs: string; env: { IPFS_PATH: string } };

async function initialize(repository: Repository): Promise<void> {
  await shell(repository.ipfs, ["init", "--empty-repo", "--profile=test"], repository.env);
  await configure(repository, { API: "/ip4/127.0.0.1/tcp/0", Gateway: [] });
}

/** Alone on this machine: it looks for no other node and asks nobody how to be configured. */
async function configure({ env }: Repository, addresses: object): Promise<void> {
  const path = join(env.IPFS_PATH, "config");
  const config = JSON.parse(await readFile(path, "utf8"));
  Object.assign(config, { Bootstrap: [], AutoConf: { Enabled: false }, Routing: { Type: "none" } });
  config.Discovery.MDNS.Enabled = false;
  Object.assign(config.DNS, { Resolvers: {} });
  Object.assign(config.Ipns, { DelegatedPublishers: [] });
  Object.assign(config.Addresses, addresses);
  await writeFile(path, JSON.stringify(config));
}

const API = /RPC API server listening on (\/ip4\/127\.0\.0\.1\/tcp\/(\d+))/;

function launch({ ipfs, env }: Repository): Promise<Process> {
  return startProcess({
    name: "ipfs",
    command: ipfs,
    args: ["daemon", "--offline"],
    env: { ...env, HOME: env.IPFS_PATH },
    ready: (output) => output.includes("Daemon is ready"),
  });
}

function apiAddress(output: string): { multiaddr: string; url: string } {
  const [, multiaddr = "", port = ""] = API.exec(output) ?? [];
  return { multiaddr, url: `http://127.0.0.1:${port}` };
}
