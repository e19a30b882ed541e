import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type GraphNode,
  type Ipfs,
  startChain,
  startGraphNode,
  startIpfs,
  temporaryFolder,
} from "@playbook/world";
import { load } from "js-yaml";
import { commitAll, graphCli, installProduct } from "../../../../test/products/install.ts";
import type { Inputs } from "../../src/run.ts";
import { run } from "../../src/run.ts";
import { quick } from "../apply/scene.ts";

const parts = new AsyncDisposableStack();
let dir: string;
let project: string;
let node: GraphNode;
let ipfs: Ipfs;

beforeAll(async () => {
  dir = parts.use(await temporaryFolder("subgraph-build")).path;
  project = await installProduct("subgraph", join(dir, "product"));
  const chain = parts.use(await startChain({ id: 10012, name: "alpha", mining: "manual" }));
  await chain.mine(20);
  ipfs = parts.use(await startIpfs());
  const chains = [{ name: "alpha", url: chain.url }];
  node = parts.use(await startGraphNode({ ipfs, chains }));
}, 1_200_000);
afterAll(() => parts.disposeAsync());

const contract = (name: string, byte: string, block: number) => ({
  ...{ name, address: `0x${byte.repeat(20)}`, block, release: "v1", transaction: "0x01" },
});

/** As release-contracts writes it, a contract that stands of an attempt that failed included. */
const DEPLOYMENTS = {
  environment: "production",
  chains: {
    alpha: {
      chainId: 10012,
      genesis: "0x00",
      contracts: [
        contract("Vortex", "aa", 3),
        contract("ERC1967Proxy", "bb", 4),
        { ...contract("Vortex", "dd", 9), left: "failed" },
        contract("ERC1967Proxy", "cc", 5),
      ],
    },
  },
};

async function inputs(over: Partial<Inputs> = {}): Promise<Inputs> {
  const manifest = join(dir, "manifest.json");
  await writeFile(manifest, JSON.stringify(DEPLOYMENTS));
  return {
    ...{ mode: "build", name: "acme/nexus", release: "v1", environment: "production", project },
    ...{
      manifest,
      chain: "alpha",
      sources: [{ source: "Nexus", contract: "ERC1967Proxy", nth: 1 }],
    },
    ...{ queries: "queries", allowBreaking: false, folder: join(dir, "built") },
    ...{ lag: 5, wait: 60_000, deadline: 600_000, keep: 3, rollback: false },
    ...{ state: join(dir, "state"), repository: "acme/nexus", run: "a test" },
    ...over,
  };
}

const build = async (over: Partial<Inputs> = {}) => run(await inputs(over), quick());

const withFile = async (
  path: string,
  change: (text: string) => string,
  work: () => Promise<void>,
) => {
  const file = join(project, path);
  const before = await readFile(file, "utf8");
  await writeFile(file, change(before));
  try {
    await work();
  } finally {
    await writeFile(file, before);
  }
};

test("it has the addresses of the release, and leaves the project as it was", async () => {
  const before = await readFile(join(project, "subgraph.yaml"), "utf8");

  const { outputs, summary } = await build();

  expect(outputs.digest).toMatch(/^sha256:/);
  expect(outputs.deployment).toMatch(/^Qm/);
  expect(summary).toContain("was not compared");
  const text = await readFile(join(dir, "built/subgraph/subgraph.yaml"), "utf8");
  const { dataSources } = load(text) as { dataSources: { network: string; source: object }[] };
  expect(dataSources.map(({ source }) => source)).toEqual([
    expect.objectContaining({ address: `0x${"bb".repeat(20)}`, startBlock: 4 }),
    expect.objectContaining({ address: `0x${"aa".repeat(20)}`, startBlock: 3 }),
  ]);
  expect(await readFile(join(project, "subgraph.yaml"), "utf8")).toBe(before);
  expect(await readFile(join(dir, "built/summary.md"), "utf8")).toContain(
    String(outputs.deployment),
  );
}, 300_000);

test("the subgraph has the hash that graph-cli gives it", async () => {
  const plain = { manifest: undefined, chain: undefined, sources: [], folder: join(dir, "plain") };
  const { outputs } = await build(plain);

  const said = await graphCli(project, "build", "--ipfs", `${ipfs.url}/api/v0`);

  expect(said).toContain("Build completed");
  expect(said).toContain(outputs.deployment);
}, 300_000);

test("what breaks clients of the live one is told, and refused unless it is allowed", async () => {
  const { adminUrl: admin, statusUrl: status, queryUrl: query } = node;
  // The product's own queries want a bridge that is there.
  const asked = { query, folder: join(dir, "compared"), queries: "none" };
  const first = await build(asked);
  expect(first.outputs.breaking).toBe(0);
  const apply = await inputs({ ...asked, mode: "apply", admin, status, ipfs: ipfs.url });
  expect((await run(apply, quick())).outputs.state).toBe("live");

  const looser = (text: string) => text.replace("timestamp: BigInt!", "timestamp: BigInt");
  await withFile("schema.graphql", looser, async () => {
    const refused = await build(asked);
    expect(refused.outputs.breaking).toBe(1);
    expect(refused.summary).toContain("`Transfer.timestamp` | was BigInt! and is BigInt");
    expect(refused.failure).toMatchObject({
      code: "breaking-schema",
      why: expect.stringContaining("Transfer.timestamp was BigInt! and is BigInt"),
    });

    const allowed = await build({ ...asked, allowBreaking: true });
    expect(allowed.outputs.breaking).toBe(1);
    expect(allowed.failure).toBeUndefined();
  });
}, 600_000);

test.each([
  {
    what: "a chain that was not released to",
    over: { chain: "beta" },
    code: "chain-unknown",
    why: "It has alpha.",
  },
  {
    what: "a contract that does not stand",
    over: { sources: [{ source: "Nexus", contract: "Proxy", nth: 0 }] },
    code: "contract-unknown",
    why: "There are Vortex, ERC1967Proxy.",
  },
  {
    what: "a data source that there is not",
    over: { sources: [{ source: "Nxus", contract: "Vortex", nth: 0 }] },
    code: "source-unknown",
    why: "Its data sources are Nexus, Vortex.",
  },
  {
    what: "no chain for a manifest",
    over: { chain: undefined },
    code: "bad-input",
    why: expect.stringContaining("a subgraph is of one"),
  },
  {
    what: "a manifest that is none",
    over: { manifest: "no/such/manifest.json" },
    code: "manifest-unreadable",
    why: expect.stringContaining("ENOENT"),
  },
  {
    what: "a folder without a subgraph",
    over: { project: "/" },
    code: "no-subgraph",
    why: expect.stringContaining("ENOENT"),
  },
])("$what is told before anything is built", async ({ over, code, why }) => {
  await expect(build(over)).rejects.toMatchObject({ code, why });
});

test("a mapping that does not compile is quoted", async () => {
  await withFile(
    "src/vortex.ts",
    (text) => `${text}\nlet broken: Missing = 5;`,
    async () => {
      await expect(build()).rejects.toMatchObject({
        code: "build-failed",
        why: expect.stringMatching(/^It says:\n[\s\S]*Missing/),
      });
    },
  );
}, 300_000);

test("a project without its packages has no graph-cli", async () => {
  const bare = await installProduct("subgraph", join(dir, "bare"), { packages: false });
  await commitAll(bare, "bare").catch(() => {});
  await expect(build({ project: bare })).rejects.toMatchObject({ code: "no-graph-cli" });
});
