import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Aws,
  type ChainOptions,
  installSvm,
  type Run,
  type RunOptions,
  startWorld,
} from "@playbook/world";
import { makeRelease } from "../../scripts/release.ts";
import { cache, foundry, root } from "../../scripts/tools.ts";
import {
  compilers,
  installProduct,
  type ProductName,
  type ProductOptions,
} from "../products/install.ts";

const LIBRARY = "khalani/playbook";
const VERSION = "v1.0.0";
const OWNER = "acme";
const OWNER_ID = "42";
const SAFE = "0x5afE00000000000000000000000000000000c0De";

/** What makes an endpoint a secret: here it is no more than a path that the nodes ignore. */
export const PAID = "key-of-a-paid-endpoint";
const READING = "key-of-a-reading-endpoint";

/** Three chains as the product nexus has them: other block times, one without a base fee. */
export const NEXUS_CHAINS = [
  { id: 10012, name: "alpha", mining: { everySeconds: 1 } },
  { id: 43113, name: "beta", mining: { everySeconds: 2 } },
  { id: 5, name: "gamma", mining: { everySeconds: 1 }, fees: "legacy" },
] as const satisfies ChainOptions[];

export type StageOptions<Chains extends readonly ChainOptions[]> = {
  product: ProductName;
  chains: Chains;
};

/**
 * Releases and previews are made by workflows of the default branch; a reviewer lets forks'
 * through.
 */
const ENVIRONMENTS = {
  production: { branches: ["main"] },
  preview: { branches: ["main"] },
  "preview-forks": { branches: ["main"], reviewers: true },
};

/** What a product's releases need of AWS, and what its workflows are told of it. */
type Account = { vars: Record<string, string>; env?: Record<string, string> };

type OpenAccount<Opened> = (aws: Aws, product: string, repositoryId: number) => Promise<Opened>;

/** A product with contracts, and a key that has money on its chains. */
export async function openStage<const Chains extends readonly ChainOptions[]>(
  options: StageOptions<Chains>,
) {
  const stage = await openStageWith({ ...options, compiled: "default" }, openContracts);
  const { world, account } = stage;
  for (const chain of world.chains) await chain.setBalance(account.signer, 10n ** 20n);
  return stage;
}

/** A product with a site and another one for previews, and nothing released to either. */
export const openSiteStage = () => openStageWith({ product: "app", chains: [] }, openSite);

/**
 * A product repository that uses a release of this library, in a world that has all it needs:
 * chains, an AWS account made from the library's own templates, GitHub with a runner.
 */
async function openStageWith<const Chains extends readonly ChainOptions[], Opened extends Account>(
  { product, chains, compiled }: StageOptions<Chains> & ProductOptions,
  openAccount: OpenAccount<Opened>,
) {
  const repository = `${OWNER}/${product}`;
  const world = await startWorld({
    chains,
    aws: {},
    github: {
      repositories: { [repository]: { environments: ENVIRONMENTS } },
    },
  });
  try {
    const library = join(world.dir, "library");
    const folder = join(world.dir, product);
    const home = join(world.dir, "home");
    await mkdir(home);
    await Promise.all([
      makeRelease({ version: VERSION, into: library }),
      installProduct(product, folder, { ...(compiled && { compiled }) }),
      installSvm(home, compilers),
    ]);
    const refs = ["refs/tags/v1", `refs/tags/${VERSION}`];
    await world.runner.serve({ repository: LIBRARY, folder: library, refs });
    const account = await openAccount(world.aws, product, world.github.repository(repository).id);
    const urls = (key: string) =>
      world.chains.map(({ name, url }) => `${name}=${url}/v2/${key}`).join("\n");
    const runs: Run[] = [];
    const common = {
      product: folder,
      repository,
      home,
      path: [join(foundry("forge"), ".."), join(foundry("anvil"), "..")],
      env: { AWS_ENDPOINT_URL: world.aws.url, ...networkOfThisMachine(), ...account.env },
      secrets: { RPC_URLS_PLAN: urls(READING), RPC_URLS_APPLY: urls(PAID) },
      vars: {
        SAFE,
        RELEASE_REGION: world.aws.region,
        ...account.vars,
      },
    };
    return {
      ...{ world, repository, folder, library, account },
      /** All that were started here. */
      runs,
      /** Starts a workflow of the product, as a person does on GitHub. */
      start: async (
        workflow: string,
        inputs: Record<string, string>,
        over: Partial<RunOptions> = {},
      ) => {
        const on = { name: "workflow_dispatch", inputs } as const;
        const run = await world.runner.run({ ...common, workflow, on, ...over });
        runs.push(run);
        return run;
      },
      [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
    };
  } catch (error) {
    await world[Symbol.asyncDispose]();
    throw error;
  }
}

/** What this machine needs to reach package registries, and a place for what came from there. */
export function networkOfThisMachine(): Record<string, string> {
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"];
  const known = names.flatMap((name) => {
    const value = process.env[name] ?? process.env[name.toLowerCase()];
    return value ? [[name, value]] : [];
  });
  return {
    ...Object.fromEntries(known),
    npm_config_cache: join(cache, "npm"),
    npm_config_prefer_offline: "true",
    npm_config_audit: "false",
    npm_config_update_notifier: "false",
  };
}

const template = (path: string) => readFile(join(root, path), "utf8");

/** Deploys the library's own templates for the product's environment `production`. */
async function openContracts(aws: Aws, product: string, repositoryId: number) {
  const name = `${product}-production`;
  const action = "actions/foundry-broadcast-with-kms/template.yml";
  const own = await aws.deployTemplate(await template(action), { Name: name }, "contracts");
  const { KeyArn: key = "", State: state = "", Bucket = "", Prefix = "" } = own.outputs;
  const { outputs } = await openRoles(aws, product, repositoryId, {
    TrustedWorkflows: `${LIBRARY}/.github/workflows/release-contracts.yml@refs/tags/v1`,
    ContractsKeyArn: key,
    ContractsBucket: Bucket,
    ContractsPrefix: Prefix,
  });
  const { ContractsRole: role = "" } = outputs;
  const signer = await aws.addressOf(key);
  const told = { RELEASE_ROLE: role, RELEASE_KEY: key, RELEASE_STATE: state };
  return { key, state, role, signer, vars: { RELEASE_SENDER: signer, ...told } };
}

/** The same for a site of its own, and for one of previews. */
async function openSite(aws: Aws, product: string, repositoryId: number) {
  const name = `${product}-production`;
  const action = await template("actions/deploy-ui/template.yml");
  const { outputs } = await aws.deployTemplate(action, { Site: name }, "site");
  const { Bucket: bucket = "", Distribution = "", KeyValueStore = "" } = outputs;
  const made = await openRoles(aws, product, repositoryId, {
    TrustedWorkflows: `${LIBRARY}/.github/workflows/release-ui.yml@refs/tags/v1`,
    UiBucket: bucket,
    UiKeyValueStore: KeyValueStore,
  });
  const { UiRole: role = "" } = made.outputs;
  const url = aws.edge.url(Distribution);
  const vars = { UI_ROLE: role, UI_BUCKET: bucket, UI_STORE: KeyValueStore, UI_URL: url };
  const oidc = made.resources.Provider?.id ?? "";
  const previews = await openPreviews(aws, { product, repositoryId, production: bucket, oidc });
  return {
    bucket,
    url,
    role,
    previews,
    vars: { ...vars, ...previews.vars },
    env: aws.environment(),
  };
}

type Neighbour = { product: string; repositoryId: number; production: string; oidc: string };

async function openPreviews(aws: Aws, { product, repositoryId, production, oidc }: Neighbour) {
  const action = await template("actions/deploy-ui/template.yml");
  const site = {
    ...{ Site: `${product}-previews`, Serves: "previews", DomainName: "*.previews.localhost" },
    CertificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/12345678",
  };
  const { outputs } = await aws.deployTemplate(action, site, "previews");
  const { Bucket: bucket = "", Distribution = "", KeyValueStore = "" } = outputs;
  const roleOf = async (environment: string) => {
    const workflows = ["deploy-preview", "sweep-previews"];
    const made = await openRoles(
      aws,
      product,
      repositoryId,
      {
        TrustedWorkflows: workflows
          .map((workflow) => `${LIBRARY}/.github/workflows/${workflow}.yml@refs/tags/v1`)
          .join(","),
        ...{ PreviewBucket: bucket, PreviewKeyValueStore: KeyValueStore },
        ...{ PreviewProduction: production, OidcProvider: oidc },
      },
      environment,
    );
    return made.outputs.PreviewRole ?? "";
  };
  const { port } = new URL(aws.edge.url(Distribution));
  const url = `http://{preview}.previews.localhost:${port}`;
  const vars = {
    ...{ PREVIEW_URL: url, PREVIEW_BUCKET: bucket, PREVIEW_STORE: KeyValueStore },
    PREVIEW_ROLE: await roleOf("preview"),
    PREVIEW_ROLE_FORKS: await roleOf("preview-forks"),
  };
  return { bucket, url, vars };
}

async function openRoles(
  aws: Aws,
  product: string,
  repositoryId: number,
  parameters: Record<string, string>,
  environment = "production",
) {
  const name = `${product}-${environment}`;
  const repository = {
    ...{ Name: name, Environment: environment },
    ...{ Owner: OWNER, OwnerId: OWNER_ID },
    ...{ Repository: product, RepositoryId: String(repositoryId) },
  };
  const text = await template("templates/roles.yml");
  const stack = environment === "production" ? "roles" : `roles-${environment}`;
  return aws.deployTemplate(text, { ...repository, ...parameters }, stack);
}
