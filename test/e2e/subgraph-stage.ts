import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Aws,
  type Github,
  type Run,
  type RunOptions,
  startIpfs,
  startOriginalGraphNode,
  startWorld,
} from "@playbook/world";
import { Wallet } from "ethers";
import { makeRelease } from "../../scripts/release.ts";
import { root } from "../../scripts/tools.ts";
import { commitAll, installProduct } from "../products/install.ts";
import { LiveNexus } from "../products/live-nexus.ts";
import { contractsOf } from "../products/live-subgraph.ts";
import { networkOfThisMachine } from "./stage.ts";

const REPOSITORY = "acme/subgraph";
const LIBRARY = "khalani/playbook";
const TOKEN = "graph-admin-token-of-the-environment";
const STAGING_TOKEN = "graph-admin-token-of-the-staging-node";

const CHAINS = [
  { id: 10012, name: "alpha" },
  { id: 43113, name: "beta" },
  { id: 5, name: "gamma", fees: "legacy" },
] as const;

/** The product's repository and the contracts that it is about, in a world with two graph-nodes. */
export async function openSubgraphStage(parts: AsyncDisposableStack) {
  const world = parts.use(
    await startWorld({
      chains: CHAINS,
      aws: {},
      github: {
        repositories: {
          [REPOSITORY]: {
            environments: {
              production: { branches: ["main"] },
              preview: { branches: ["main"] },
              "preview-forks": { branches: ["main"], reviewers: true },
            },
          },
        },
      },
    }),
  );
  const ipfs = parts.use(await startIpfs());
  const [chain] = world.chains;
  const node = parts.use(await startOriginalGraphNode({ ipfs, chain, token: TOKEN }));
  const staging = parts.use(await startOriginalGraphNode({ ipfs, chain, token: STAGING_TOKEN }));
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
  const start = async (workflow: string, over: Partial<RunOptions> = {}) => {
    const run = await world.runner.run({
      ...{ product: folder, repository: REPOSITORY, workflow },
      on: { name: "workflow_dispatch", inputs: {} },
      env: { AWS_ENDPOINT_URL: world.aws.url, ...networkOfThisMachine() },
      secrets: { GRAPH_ADMIN_TOKEN: TOKEN, STAGING_ADMIN_TOKEN: STAGING_TOKEN },
      vars: {
        ...{ GRAPH_QUERY: node.queryUrl, GRAPH_STATUS: node.statusUrl, GRAPH_ADMIN: node.adminUrl },
        ...{ GRAPH_IPFS: ipfs.url, SUBGRAPH_REGION: world.aws.region, ...account },
        ...{ STAGING_QUERY: staging.queryUrl, STAGING_STATUS: staging.statusUrl },
        STAGING_ADMIN: staging.adminUrl,
      },
      ...over,
    });
    runs.push(run);
    return run;
  };
  const release = async (inputs: Record<string, string> = {}) =>
    (await start("release.yml", { on: { name: "workflow_dispatch", inputs } })).finished;
  return { world, node, staging, folder, repository: REPOSITORY, runs, start, release };
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
