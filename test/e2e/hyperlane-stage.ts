import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Address } from "@playbook/evm";
import {
  type Approve,
  type Aws,
  type Chain,
  type ChainOptions,
  type Github,
  type Run,
  startWorld,
} from "@playbook/world";
import { stringify } from "yaml";
import { configOf } from "../../actions/deploy-hyperlane-core/test/stage.ts";
import { makeRelease } from "../../scripts/release.ts";
import { root } from "../../scripts/tools.ts";
import { commitAll, installProduct } from "../products/install.ts";
import { networkOfThisMachine } from "./stage.ts";

export const REPOSITORY = "acme/hyperlane";
export const LIBRARY = "khalani/playbook";

const CHAINS: ChainOptions[] = [
  { id: 5, name: "alpha", mining: { everySeconds: 1 } },
  { id: 10012, name: "beta" },
];

const ENVIRONMENTS = { production: { branches: ["main"] }, plan: {}, check: {} };

/** The account's name for the agents' cluster. */
export const CLUSTER = "khalani";

/** What makes an endpoint a secret: here it is no more than a path that the nodes ignore. */
const KEYS = {
  RPC_URLS_PLAN: "key-of-a-reading-endpoint",
  RPC_URLS_APPLY: "key-of-a-paid-endpoint",
  RPC_URLS_CHECK: "key-of-an-endpoint-that-watches",
};

/** A product's repository with a registry and core configs of chains that have nothing yet. */
export async function openHyperlaneStage(parts: AsyncDisposableStack, options = CHAINS) {
  const world = parts.use(await openWorld(options));
  const { library, folder } = await install(world);
  const { sender, oidc, funder, ...account } = await openAccount(world);
  const checking = await openCheck(world, oidc);
  const checker = (await world.aws.addressOf(checking.CHECK_KEY)) as Address;
  for (const chain of world.chains) {
    await chain.setBalance(sender, 10n ** 21n);
    await chain.setBalance(checker, 10n ** 18n);
    await chain.setBalance(funder, 10n ** 21n);
  }
  const names = world.chains.map(({ name }) => name);
  const product = await openProduct(folder, world.chains);
  const runs: Run[] = [];
  const start = startsIn(world, { folder, runs, vars: { ...account, RELEASE_SENDER: sender } });
  return {
    ...{ world, names, library, folder, runs, sender, funder, account, oidc, checking },
    ...product,
    /** Commits a config for each chain, with that threshold of the validators. */
    wish: (threshold: number) =>
      product.commitConfigs((name) => {
        const others = names.filter((one) => one !== name);
        return configOf(sender, others, threshold);
      }, `A threshold of ${threshold}`),
    release: (beside: Beside = {}) => start("hyperlane.yml", beside),
    check: ({ vars, ...beside }: Beside) =>
      start("check.yml", { ...beside, vars: { ...checking, ...vars } }),
  };
}

function openWorld(chains: ChainOptions[]) {
  return startWorld({
    chains,
    aws: {},
    github: { repositories: { [REPOSITORY]: { environments: ENVIRONMENTS } } },
  });
}

type Everything = Awaited<ReturnType<typeof openWorld>>;

/** A release of this library, and a product that uses it. */
async function install({ dir, runner }: Everything) {
  const library = join(dir, "library");
  const folder = join(dir, "hyperlane");
  await Promise.all([
    makeRelease({ version: "v1.0.0", into: library }),
    installProduct("hyperlane", folder),
  ]);
  const refs = ["refs/tags/v1", "refs/tags/v1.0.0"];
  await runner.serve({ repository: LIBRARY, folder: library, refs });
  return { library, folder };
}

/** What a person writes into the product and commits. */
async function openProduct(folder: string, chains: readonly Chain[]) {
  const write = async (file: string, text: string) => {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  };
  for (const chain of chains) {
    await write(`registry/chains/${chain.name}/metadata.yaml`, stringify(chain.metadata()));
  }
  return {
    write,
    /** Commits a config for each chain. */
    commitConfigs: async (of: (name: string) => object, why: string) => {
      for (const { name } of chains) await write(`configs/${name}.yaml`, stringify(of(name)));
      await commitAll(folder, why);
    },
    /** Commits the registry out of a run's result, as a person does it. */
    takeOver: async (run: Run) => {
      for (const { where, bytes } of await run.everything()) {
        const [, file] = /^artifact hyperlane-result: (registry\/.+)$/.exec(where) ?? [];
        if (file) await write(file, bytes.toString());
      }
      await commitAll(folder, "What was deployed");
    },
  };
}

type Common = { folder: string; runs: Run[]; vars: Record<string, string> };

/** Starts workflows, with variables and files beside those of every run. */
function startsIn({ chains, runner, aws }: Everything, { folder, runs, vars: common }: Common) {
  const secrets = Object.entries(KEYS).map(([name, key]) => [
    name,
    chains.map((chain) => `${chain.name}=${chain.url}/v2/${key}`).join("\n"),
  ]);
  const instant = chains.map(({ name }) => name).join(",");
  return async (workflow: string, beside: Beside) => {
    const { vars = {}, path = [], approve = true, heartbeat } = beside;
    const run = await runner.run({
      ...{ product: folder, repository: REPOSITORY, workflow, path, approve },
      on: { name: "workflow_dispatch", inputs: {} },
      env: { AWS_ENDPOINT_URL: aws.url, ...networkOfThisMachine() },
      secrets: { ...Object.fromEntries(secrets), ...(heartbeat && { HEARTBEAT_URL: heartbeat }) },
      vars: {
        ...{ ...common, RELEASE_REGION: aws.region, INSTANT: instant },
        ...{ TELL: String(heartbeat !== undefined), ...vars },
      },
    });
    runs.push(run);
    return { run, result: await run.finished };
  };
}

/** A key that sends messages, with the role of an environment that nobody has to approve. */
async function openCheck({ aws, github }: { aws: Aws; github: Github }, oidc: string) {
  const { arn } = await aws.createKey();
  const workflows = ["check-hyperlane", "release-hyperlane"].map(
    (name) => `${LIBRARY}/.github/workflows/${name}.yml@refs/tags/v1`,
  );
  const { outputs } = await aws.deployTemplate(
    await readFile(join(root, "templates/roles.yml"), "utf8"),
    {
      ...{ Name: "nexus-check", Environment: "check", OidcProvider: oidc },
      ...{ Owner: "acme", OwnerId: "42", Repository: "hyperlane" },
      RepositoryId: String(github.repository(REPOSITORY).id),
      ...{ TrustedWorkflows: workflows.join(","), MessagesKeyArn: arn },
    },
    "check-roles",
  );
  return { CHECK_KEY: arn, CHECK_ROLE: outputs.MessagesRole ?? "" };
}

export type HyperlaneStage = Awaited<ReturnType<typeof openHyperlaneStage>>;

type Beside = {
  /** Variables of the repository. */
  vars?: Record<string, string>;
  /** Folders of programs. */
  path?: string[];
  /** Who lets jobs into their environments. */
  approve?: Approve;
  /** Where somebody is told how it ended. */
  heartbeat?: string;
};

/** The library's own templates for the product's environment `production`. */
async function openAccount({ aws, github }: { aws: Aws; github: Github }) {
  const template = (path: string) => readFile(join(root, path), "utf8");
  const own = await aws.deployTemplate(
    await template("actions/foundry-broadcast-with-kms/template.yml"),
    {
      ...{ Name: "nexus-hyperlane", Prefix: "hyperlane" },
      Signers: "arn:aws:iam::123456789012:role/nexus-production-hyperlane",
    },
    "state",
  );
  const { KeyArn = "", State = "", Bucket = "", Prefix = "" } = own.outputs;
  const funding = await aws.deployTemplate(
    await template("actions/foundry-broadcast-with-kms/template.yml"),
    {
      ...{ Name: "nexus-funding", Prefix: "funding" },
      Signers: "arn:aws:iam::123456789012:role/nexus-production-agents",
    },
    "funding",
  );
  const { KeyArn: funderKey = "", State: fundingState = "" } = funding.outputs;
  const roles = await aws.deployTemplate(
    await template("templates/roles.yml"),
    {
      ...{ Name: "nexus-production", Environment: "production" },
      ...{ Owner: "acme", OwnerId: "42", Repository: "hyperlane" },
      RepositoryId: String(github.repository(REPOSITORY).id),
      TrustedWorkflows: `${LIBRARY}/.github/workflows/release-hyperlane.yml@refs/tags/v1`,
      ...{ HyperlaneKeyArn: KeyArn, HyperlaneBucket: Bucket, HyperlanePrefix: Prefix },
      ...{ AgentsRegion: aws.region, AgentsCluster: CLUSTER, AgentsKeyArn: funderKey },
      AgentsBucket: funding.outputs.Bucket ?? "",
      AgentsPrefix: funding.outputs.Prefix ?? "",
    },
    "roles",
  );
  return {
    sender: (await aws.addressOf(KeyArn)) as Address,
    funder: (await aws.addressOf(funderKey)) as Address,
    oidc: roles.resources.Provider?.id ?? "",
    ...{ AGENTS_FUNDER: funderKey, AGENTS_STATE: fundingState },
    ...{ RELEASE_KEY: KeyArn, RELEASE_STATE: State },
    RELEASE_ROLE: roles.outputs.HyperlaneRole ?? "",
    AGENTS_ROLE: roles.outputs.AgentsRole ?? "",
  };
}
