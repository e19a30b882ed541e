import { join } from "node:path";
import { type GraphNode, type Ipfs, startGraphNode, startIpfs, startWorld } from "@playbook/world";
import { graphCli, installProduct } from "../../../products/install.ts";
import { builtSubgraph, pinSubgraph, setNetwork } from "../../../products/live-subgraph.ts";
import { Api } from "./api.ts";
import { Emitter } from "./emitter.ts";

const TOKEN = "let-me-deploy";
/** Farther from the head than what is called synced. */
const BLOCKS = 30;

const parts = new AsyncDisposableStack();
let ipfs: Ipfs;
let node: GraphNode;
let api: Api;
let emits: Emitter;
let build: string;
let dir: string;
let mine: (blocks: number) => Promise<void>;
let height: () => Promise<number>;

beforeAll(async () => {
  const world = parts.use(await startWorld({ chains: [{ id: 10012, name: "alpha" }] }));
  const [chain] = world.chains;
  ({ mine, height } = chain);
  dir = world.dir;
  ipfs = parts.use(await startIpfs());
  emits = await new Emitter(chain.send).place();
  const from = { address: emits.address, startBlock: 0 };
  build = await builtSubgraph(join(dir, "subgraph"), "alpha", { Nexus: from, Vortex: from });
  node = parts.use(await startGraphNode({ ipfs, chains: world.chains, token: TOKEN }));
  api = new Api(node, TOKEN);
}, 1_200_000);
afterAll(() => parts.disposeAsync());

/** A build that nobody has deployed yet: it begins at another block. */
async function newBuild(): Promise<string> {
  await emits.sent(1n);
  await mine(BLOCKS);
  const from = { address: emits.address, startBlock: (await height()) - BLOCKS };
  await setNetwork(build, "alpha", { Nexus: from, Vortex: from });
  return pinSubgraph(build, ipfs.url);
}

test("the admin API answers nobody without its token", async () => {
  for (const token of [undefined, "guessed"]) {
    const answer = await new Api(node, token).admin("subgraph_create", { name: "khalani/x" });
    expect(answer).toEqual({ error: "Unauthorized" });
  }
});

test("a deployment that is held stands still, and goes on when it is let go", async () => {
  const hash = await newBuild();
  await node.slow(0);
  await api.deploy("held", hash);
  const { chains, synced } = (await api.status(hash)) ?? {};

  expect(synced).toBe(false);
  expect(chains?.[0]?.latestBlock).toEqual({
    number: chains?.[0]?.earliestBlock.number,
    hash: expect.any(String),
  });
  await node.slow(undefined);

  expect(await api.atBlock(hash, await height())).toMatchObject({ synced: true });
});

test("a slow one gets there, and is synced ten blocks before", async () => {
  const hash = await newBuild();
  await node.slow(40);
  await api.deploy("slow", hash);

  const { chains } = await api.until(hash, ({ synced }) => synced);
  expect(Number(chains[0]?.latestBlock?.number)).toBeGreaterThanOrEqual((await height()) - 10);

  await node.slow(undefined);
  await api.atBlock(hash, await height());
});

test("one that is told to fails at its block; what is synced already does not", async () => {
  const living = await newBuild();
  await api.deploy("living", living);
  await api.atBlock(living, await height());
  const hash = await newBuild();
  const block = (await height()) - BLOCKS + 5;
  await node.failAt(block);
  await api.deploy("told", hash);

  const { fatalError } = await api.until(hash, ({ health }) => health === "failed");
  await node.failAt(undefined);

  expect(fatalError).toMatchObject({ deterministic: true, block: { number: String(block) } });
  expect(await api.atBlock(living, await height())).toMatchObject({ health: "healthy" });
});

test("what no name has any longer is gone when it is reaped, and nothing else", async () => {
  const [old, fresh] = [await newBuild(), await newBuild()];
  await api.deploy("reaped", old);
  await api.deploy("reaped", fresh);

  expect(await node.reap()).toContain(old);

  expect(await api.status(old)).toBeUndefined();
  const { errors } = await api.byId(old, "{ _meta { deployment } }");
  expect(errors?.[0]?.message).toBe(`deployment \`${old}\` does not exist`);
  expect(await api.status(fresh)).toMatchObject({ health: "healthy" });
});

test("a node that was killed knows its names, and what it indexed", async () => {
  const hash = await newBuild();
  await api.deploy("killed", hash);
  const before = await api.atBlock(hash, await height());
  await node.down();
  await expect(api.status(hash)).rejects.toThrow("fetch failed");

  await node.up();

  expect(await api.status(hash)).toMatchObject({ ...before, chains: expect.anything() });
  const { data } = await api.byName("killed", "{ transfers { amount } }");
  expect(data.transfers).toEqual([{ amount: "1" }]);
});

test("a build that IPFS does not have, or that nobody can ask it for, is not deployed", async () => {
  const missing = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG";
  await expect(api.deploy("missing", missing)).rejects.toThrow("subgraph resolve error");
  const hash = await newBuild();
  await ipfs.down();

  const deployed = api.deploy("missing", hash);

  await expect(deployed).rejects.toThrow("subgraph resolve error");
  await ipfs.up();
  await expect(api.deploy("missing", hash)).resolves.toBeUndefined();
});

test("a network that it does not index is refused", async () => {
  const from = { address: emits.address, startBlock: 0 };
  await setNetwork(build, "mainnet", { Nexus: from, Vortex: from });

  const deployed = api.deploy("elsewhere", await pinSubgraph(build, ipfs.url));

  await expect(deployed).rejects.toThrow("network not supported by registrar");
});

test("graph-cli deploys to it, and calls what fails at its first event a success", async () => {
  const folder = await installProduct("subgraph", join(dir, "product"), {
    compiled: "default",
  });
  await setNetwork(folder, "alpha", {
    Nexus: { address: emits.address, startBlock: await height() },
    Vortex: { address: emits.address, startBlock: await height() },
  });
  await emits.sent(0n);
  await graphCli(folder, "create", "cli", "--node", node.adminUrl, "--access-token", TOKEN);
  const to = ["--node", node.adminUrl, "--ipfs", `${ipfs.url}/api/v0`, "--deploy-key", TOKEN];

  await graphCli(folder, "deploy", "cli", ...to, "--version-label", "v1");

  const { current } = await api.versions("cli");
  const { fatalError } = await api.until(current, ({ health }) => health === "failed");
  expect(fatalError?.message).toContain("a transfer of nothing");
  const asked = (await node.asked()).filter(({ params }) => params?.name === "cli");
  expect(asked.map(({ method }) => method)).toEqual(["subgraph_create", "subgraph_deploy"]);
}, 600_000);
