import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { groupOf } from "@playbook/access";
import { generateKeyPair, publicHalfOf } from "@playbook/axon";
import {
  type Aws,
  type Cluster,
  clientsFolder,
  type Run,
  startCluster,
  startPods,
  startWorld,
} from "@playbook/world";
import { stringify } from "yaml";
import { makeRelease } from "../../scripts/release.ts";
import { root } from "../../scripts/tools.ts";
import { installProduct } from "../products/install.ts";
import { change } from "./change.ts";
import { networkOfThisMachine } from "./stage.ts";

const REPOSITORY = "acme/axon";
export const LIBRARY = "khalani/playbook";
const NAMESPACE = "axon";

/** The account's name for its cluster. */
export const CLUSTER = "khalani";

type StageOptions = {
  /** Environments of the repository beside those of releases. */
  environments?: Record<string, { branches: string[] }>;
  /** Files of the repository beside those of the product, or in their place. */
  files?: Record<string, string>;
};

/** In which calls of the chain's governance are signed. */
const SIGNER = `registry.example/node@sha256:${"5".repeat(64)}`;

type Start = {
  workflow: string;
  inputs?: Record<string, string>;
  vars?: Record<string, string>;
};

/**
 * A product repository with a chain's values, and a cluster of an AWS account that it may enter.
 */
export async function openAxonStage(
  parts: AsyncDisposableStack,
  { environments: more = {}, files = {} }: StageOptions = {},
) {
  const environments = {
    production: { branches: ["main"] },
    "production-plan": { branches: ["main"] },
    ...more,
  };
  const repositories = { [REPOSITORY]: { environments } };
  const world = parts.use(await startWorld({ aws: {}, github: { repositories } }));
  const cluster = parts.use(await startCluster({ eks: { aws: world.aws, name: CLUSTER } }));
  const flavour = "el-axon" as const;
  const tags = {
    "v0.3.1": { flavour },
    "v0.3.2": { flavour },
    "v0.3.3": { flavour, crashAfterMs: 100 },
  };
  const pods = parts.use(await startPods(cluster, { tags, node: [SIGNER] }));

  const library = join(world.dir, "library");
  await makeRelease({ version: "v1.0.0", into: library });
  const refs = ["refs/tags/v1", "refs/tags/v1.0.0"];
  await world.runner.serve({ repository: LIBRARY, folder: library, refs });
  const folder = join(world.dir, "axon");
  await installProduct("axon", folder);

  const named = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };
  await cluster.api.create("/api/v1/namespaces", named);
  await cluster.kubectl([
    ...["apply", "--namespace", NAMESPACE, "-f", join(library, "templates/rbac.yml")],
  ]);
  const validators = await makeValidators(cluster);
  await change(folder, { "deploy/validators.yaml": stringify({ validators }), ...files });
  const { id } = world.github.repository(REPOSITORY);
  const roles = await openRoles(world.aws, id);
  const path = [await clientsFolder()];

  const runs: Run[] = [];
  const start = async ({ workflow, inputs = {}, vars = {} }: Start) => {
    const run = await world.runner.run({
      ...{ product: folder, repository: REPOSITORY, workflow, path },
      on: { name: "workflow_dispatch", inputs },
      env: { AWS_ENDPOINT_URL: world.aws.url, ...networkOfThisMachine() },
      vars: { AXON_CLUSTER: CLUSTER, RELEASE_REGION: world.aws.region, ...vars },
    });
    runs.push(run);
    return run.finished;
  };
  const vars = {
    ...{ AXON_ROLE: roles.apply, AXON_PLAN_ROLE: roles.plan },
    ...{ GOVERNANCE_ROLE: roles.govern, GOVERNANCE_PLAN_ROLE: roles.planGovernance },
    SIGNER_IMAGE: SIGNER,
  };
  const release = (version: string) => start({ workflow: "axon.yml", inputs: { version }, vars });
  const changeSet = (wanted: readonly Validator[]) =>
    start({
      ...{ workflow: "change-axon-validators.yml", vars },
      inputs: { validators: JSON.stringify(wanted) },
    });
  return {
    ...{ world, cluster, pods, library, repositoryId: id, roles, runs, validators },
    ...{ start, release, changeSet },
  };
}

/** What create-axon-keys hands on of a validator. */
type Validator = { name: string; publicKey: string; blsPublicKey: string };

/** Keys in plain Secrets, and whose they are. */
async function makeValidators({ api }: Cluster): Promise<Validator[]> {
  const validators: Validator[] = [];
  for (const name of ["v0", "v1", "v2", "v3", "v4"]) {
    const keys = generateKeyPair();
    const { publicKey, blsPublicKey } = publicHalfOf(keys);
    validators.push({ name, publicKey, blsPublicKey });
    await api.create(`/api/v1/namespaces/${NAMESPACE}/secrets`, {
      ...{ apiVersion: "v1", kind: "Secret", metadata: { name: `axon-${name}-keys` } },
      data: {
        "net.key": Buffer.from(keys.net).toString("base64"),
        "bls.key": Buffer.from(keys.bls).toString("base64"),
      },
    });
  }
  return validators;
}

/** Roles that release or change the set, and those that plan it, each with its access entry. */
async function openRoles(aws: Aws, repositoryId: number) {
  const text = await readFile(join(root, "templates/roles.yml"), "utf8");
  const trusted = ["release-axon", "change-axon-validators"].map(
    (name) => `${LIBRARY}/.github/workflows/${name}.yml@refs/tags/v1`,
  );
  const rolesOf = async (environment: string, plan: "" | "-plan", oidc?: string) => {
    const { outputs, resources } = await aws.deployTemplate(
      text,
      {
        ...{ Name: `axon-${environment}`, Environment: environment, Repository: "axon" },
        ...{ Owner: "acme", OwnerId: "42", RepositoryId: String(repositoryId) },
        TrustedWorkflows: trusted.join(","),
        ...{ AxonRegion: aws.region, AxonCluster: CLUSTER, GovernanceCluster: CLUSTER },
        ...(oidc && { OidcProvider: oidc }),
      },
      `roles-${environment}`,
    );
    const { AxonRole: axon = "", GovernanceRole: governance = "" } = outputs;
    aws.grantAccess(CLUSTER, { principal: axon, groups: [groupOf(`axon${plan}`)] });
    aws.grantAccess(CLUSTER, { principal: governance, groups: [groupOf(`governance${plan}`)] });
    return { axon, governance, oidc: resources.Provider?.id ?? "" };
  };
  const apply = await rolesOf("production", "");
  const plan = await rolesOf("production-plan", "-plan", apply.oidc);
  return {
    ...{ apply: apply.axon, plan: plan.axon, oidc: apply.oidc },
    ...{ govern: apply.governance, planGovernance: plan.governance },
  };
}
