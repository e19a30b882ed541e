import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
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
import { compare } from "../../src/build/compare.ts";
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

/** One build for several tests: graph-cli takes its time. */
let first: Awaited<ReturnType<typeof build>>;

test("it has the addresses of the release, and leaves the project as it was", async () => {
  const before = await readFile(join(project, "subgraph.yaml"), "utf8");

  first = await build({ query: node.queryUrl });

  expect(first.outputs).toMatchObject({ digest: expect.stringMatching(/^sha256:/), breaking: 0 });
  expect(first.outputs.deployment).toMatch(/^Qm/);
  const text = await readFile(join(dir, "built/subgraph/subgraph.yaml"), "utf8");
  const { dataSources } = load(text) as { dataSources: { network: string; source: object }[] };
  expect(dataSources.map(({ source }) => source)).toEqual([
    expect.objectContaining({ address: `0x${"bb".repeat(20)}`, startBlock: 4 }),
    expect.objectContaining({ address: `0x${"aa".repeat(20)}`, startBlock: 3 }),
  ]);
  expect(await readFile(join(project, "subgraph.yaml"), "utf8")).toBe(before);
  const summary = await readFile(join(dir, "built/summary.md"), "utf8");
  expect(summary).toContain(String(first.outputs.deployment));
  expect(summary).toContain("Nothing serves as `acme/nexus` yet");
  expect(summary).toContain(`| \`Nexus\` | alpha | \`0x${"bb".repeat(20)}\` | 4 |`);
}, 300_000);

test("an edition is the same subgraph under another hash, and the same one each time", async () => {
  const folder = join(dir, "edition");
  const anew = await build({ folder, edition: "after-restore" });
  const again = await build({ folder, edition: "after-restore" });

  expect(anew.outputs.deployment).not.toBe(first.outputs.deployment);
  expect(again.outputs).toEqual(anew.outputs);
  const read = async (built: string) =>
    load(await readFile(join(dir, built, "subgraph/subgraph.yaml"), "utf8")) as object;
  expect(await read("edition")).toEqual({
    ...(await read("built")),
    description: expect.stringMatching(/\(edition after-restore\)$/),
  });
}, 300_000);

test("the subgraph has the hash that graph-cli gives it", async () => {
  const at = (byte: string, startBlock: number) => ({
    address: `0x${byte.repeat(20)}`,
    startBlock,
  });
  const networks = { alpha: { Nexus: at("bb", 4), Vortex: at("aa", 3) } };
  const file = join(dir, "networks.json");
  await writeFile(file, JSON.stringify(networks));
  await withFile(
    "subgraph.yaml",
    (text) => text,
    async () => {
      const placed = ["--network", "alpha", "--network-file", file];
      const said = await graphCli(project, "build", ...placed, "--ipfs", `${ipfs.url}/api/v0`);

      expect(said).toContain("Build completed");
      expect(said).toContain(first.outputs.deployment);
    },
  );
}, 300_000);

test("what breaks clients of the live one is told, and refused; own queries are held to it", async () => {
  const { adminUrl: admin, statusUrl: status, queryUrl: query } = node;
  // The product's own queries want a bridge that is there.
  await rm(join(dir, "built/queries"), { recursive: true });
  const over = { mode: "apply", admin, status, query, ipfs: ipfs.url } as const;
  expect((await run(await inputs(over), quick())).outputs.state).toBe("live");

  await mkdir(join(project, "asked"));
  await writeFile(join(project, "asked/front.graphql"), "{ transfers { id colour } }");
  const looser = (text: string) => text.replace("timestamp: BigInt!", "timestamp: BigInt");
  await withFile("schema.graphql", looser, async () => {
    const refused = await build({ query, folder: join(dir, "compared"), queries: "asked" });
    expect(refused.outputs.breaking).toBe(1);
    expect(refused.summary).toContain("`Transfer.timestamp` | was BigInt! and is BigInt");
    expect(refused.summary).toContain('`front` | Cannot query field "colour"');
    expect(refused.failure).toMatchObject({
      code: "breaking-schema",
      why: expect.stringContaining("Transfer.timestamp was BigInt! and is BigInt"),
    });
  });
}, 600_000);

describe("what is live", () => {
  const asked = async (over: Partial<Parameters<typeof compare>[0]> = {}) => ({
    ...{ name: "acme/nexus", query: node.queryUrl, queries: [] },
    schema: await readFile(join(project, "schema.graphql"), "utf8"),
    ...over,
  });
  const nothing = { breaking: [], dangerous: [], harmless: [] };

  test("is read from its manifest on IPFS, or told by the node: both are the schema it was made of", async () => {
    const live = first.outputs.deployment;
    const told = { live, changes: nothing, broken: [] };
    expect(await compare(await asked({ ipfs: ipfs.url }), quick())).toEqual(told);
    expect(await compare(await asked(), quick())).toEqual(told);
  });

  test("is asked of the node where IPFS has no answer", async () => {
    const context = quick();
    const compared = await compare(await asked({ ipfs: node.queryUrl }), context);
    expect(compared.changes).toEqual(nothing);
    expect(context.said.join()).toContain("IPFS does not tell the live schema");
  });

  test("is nothing where nothing serves, and unknown where nobody is asked", async () => {
    const fresh = await compare(await asked({ name: "acme/other" }), quick());
    expect(fresh).toMatchObject({ live: undefined, changes: { breaking: [] } });
    const unknown = await compare(await asked({ query: undefined }), quick());
    expect(unknown).toEqual({ live: undefined, changes: undefined, broken: [] });
  });
});

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

test("a schema that is none is quoted", async () => {
  await withFile(
    "schema.graphql",
    (text) => `${text}\ntype Broken @entity { id: Nothing! `,
    async () => {
      await expect(build()).rejects.toMatchObject({
        code: "build-failed",
        what: "graph codegen failed.",
        why: expect.stringMatching(/^It says:\n[\s\S]*(Syntax Error|Expected)/),
      });
    },
  );
}, 300_000);

test("a project without its packages has no graph-cli", async () => {
  const bare = await installProduct("subgraph", join(dir, "bare"), { packages: false });
  await commitAll(bare, "bare").catch(() => {});
  await expect(build({ project: bare })).rejects.toMatchObject({ code: "no-graph-cli" });
});
