import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Aws,
  type Github,
  type GraphNode,
  type Run,
  startGraphNode,
  startIpfs,
  startWorld,
} from "@playbook/world";
import { Wallet } from "ethers";
import { makeRelease } from "../../scripts/release.ts";
import { root } from "../../scripts/tools.ts";
import { commitAll, installProduct } from "../products/install.ts";
import { LiveNexus } from "../products/live-nexus.ts";
import { contractsOf } from "../products/live-subgraph.ts";
import { ending } from "./judge.ts";
import { leaksOf } from "./leaks.ts";
import { networkOfThisMachine } from "./stage.ts";

const REPOSITORY = "acme/subgraph";
const LIBRARY = "khalani/playbook";
const TOKEN = "graph-admin-token-of-the-environment";

const CHAINS = [
  { id: 10012, name: "alpha" },
  { id: 43113, name: "beta" },
  { id: 5, name: "gamma", fees: "legacy" },
] as const;

const parts = new AsyncDisposableStack();
let stage: Awaited<ReturnType<typeof openStage>>;

/** The product's repository and the contracts that it is about, in a world with a graph-node. */
async function openStage() {
  const world = parts.use(
    await startWorld({
      chains: CHAINS,
      aws: {},
      github: {
        repositories: { [REPOSITORY]: { environments: { production: { branches: ["main"] } } } },
      },
    }),
  );
  const ipfs = parts.use(await startIpfs());
  const node = parts.use(await startGraphNode({ ipfs, chains: world.chains, token: TOKEN }));
  const live = await LiveNexus.install(world.chains, world.dir);
  await live.release(Wallet.createRandom().address.toLowerCase());

  const library = join(world.dir, "library");
  await makeRelease({ version: "v1.0.0", into: library });
  const refs = ["refs/tags/v1", "refs/tags/v1.0.0"];
  await world.runner.serve({ repository: LIBRARY, folder: library, refs });

  const folder = join(world.dir, "subgraph");
  await installProduct("subgraph", folder, { packages: false });
  const networks = { alpha: await contractsOf(live, "alpha") };
  await writeFile(join(folder, "networks.json"), JSON.stringify(networks));
  await commitAll(folder, "The contracts of the release");
  const account = await openAccount(world);

  const runs: Run[] = [];
  const release = async () => {
    const run = await world.runner.run({
      ...{ product: folder, repository: REPOSITORY, workflow: "release.yml" },
      on: { name: "workflow_dispatch", inputs: {} },
      env: { AWS_ENDPOINT_URL: world.aws.url, ...networkOfThisMachine() },
      secrets: { GRAPH_ADMIN_TOKEN: TOKEN },
      vars: {
        ...{ GRAPH_QUERY: node.queryUrl, GRAPH_STATUS: node.statusUrl, GRAPH_ADMIN: node.adminUrl },
        ...{ GRAPH_IPFS: ipfs.url, SUBGRAPH_REGION: world.aws.region, ...account },
      },
    });
    runs.push(run);
    return run.finished;
  };
  return { world, node, folder, runs, release };
}

/** The library's own templates for the product's environment `production`. */
async function openAccount({ aws, github }: { aws: Aws; github: Github }) {
  const template = (path: string) => readFile(join(root, path), "utf8");
  const path = "actions/foundry-broadcast-with-kms/template.yml";
  const Name = "nexus-production";
  const own = await aws.deployTemplate(await template(path), { Name }, "state");
  const { Bucket = "" } = own.outputs;
  const roles = await aws.deployTemplate(
    await template("templates/roles.yml"),
    {
      ...{ Name, Owner: "acme", OwnerId: "42", Repository: "subgraph", Environment: "production" },
      RepositoryId: String(github.repository(REPOSITORY).id),
      TrustedWorkflows: `${LIBRARY}/.github/workflows/release-subgraph.yml@refs/tags/v1`,
      ...{ SubgraphsBucket: Bucket, SubgraphsPrefix: "subgraphs" },
    },
    "roles",
  );
  return {
    SUBGRAPH_STATE: `s3://${Bucket}/subgraphs`,
    SUBGRAPH_ROLE: roles.outputs.SubgraphsRole ?? "",
  };
}

beforeAll(async () => {
  stage = await openStage();
}, 1_200_000);
afterAll(() => parts.disposeAsync());

async function ask({ queryUrl }: GraphNode, query: string) {
  const url = `${queryUrl}/subgraphs/name/acme/nexus`;
  const answer = await fetch(url, { method: "POST", body: JSON.stringify({ query }) });
  return (await answer.json()) as { data: { _meta: { deployment: string }; peers: unknown[] } };
}

const outcome = (result: Awaited<ReturnType<typeof stage.release>>) => ({
  conclusion: result.conclusion,
  outputs: result.job("subgraph / Apply").outputs,
});

const served = (changed: string) => ({
  conclusion: "success",
  outputs: { state: "live", changed },
});

const META = "{ _meta { deployment } peers { id } }";

test("a product's subgraph is released, and the next one takes its place", async () => {
  const first = await stage.release();
  expect(outcome(first)).toMatchObject(served("true"));
  const before = await ask(stage.node, META);
  expect(before.data.peers).toHaveLength(2);
  expect(before.data._meta.deployment).toBe(outcome(first).outputs.deployment);

  const path = join(stage.folder, "subgraph.yaml");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace("description:", "description: Once more."));
  await commitAll(stage.folder, "Once more");
  const second = await stage.release();

  expect(outcome(second)).toMatchObject(served("true"));
  const { data } = await ask(stage.node, META);
  expect(data._meta.deployment).toBe(outcome(second).outputs.deployment);
  expect(data._meta.deployment).not.toBe(before.data._meta.deployment);

  const again = await stage.release();
  expect(outcome(again)).toMatchObject(served("false"));
}, 1_200_000);

test("what breaks clients ends the run before anybody is asked, and what serves goes on", async () => {
  const path = join(stage.folder, "schema.graphql");
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replace("timestamp: BigInt!", "timestamp: BigInt"));
  await commitAll(stage.folder, "Looser");
  const before = await ask(stage.node, META);

  const result = await stage.release();

  expect(result.conclusion).toBe("failure");
  expect(ending(result).errors.join()).toContain("Transfer.timestamp was BigInt! and is BigInt");
  expect(await ask(stage.node, META)).toEqual(before);
}, 600_000);

test("the token and every other secret are where they were given, and nowhere else", async () => {
  expect(await leaksOf(stage)).toEqual([]);
});
