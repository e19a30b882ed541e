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

type Start = {
  workflow: string;
  inputs?: Record<string, string>;
  vars?: Record<string, string>;
};

/** A product repository with a chain's values, and a cluster of an AWS account that it may enter. */
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
  const tags = { "v0.3.1": {}, "v0.3.2": {}, "v0.3.3": { crashAfterMs: 100 } };
  const pods = parts.use(await startPods(cluster, { tags }));

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
  await change(folder, { "deploy/validators.yaml": await makeValidators(cluster), ...files });
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
  const vars = { AXON_ROLE: roles.apply, AXON_PLAN_ROLE: roles.plan };
  const release = (version: string) => start({ workflow: "axon.yml", inputs: { version }, vars });
  return { world, cluster, pods, library, repositoryId: id, roles, runs, start, release };
}

/** Keys in plain Secrets, and the values that name them. */
async function makeValidators({ api }: Cluster): Promise<string> {
  const validators = [];
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
  return stringify({ validators });
}

/** One role that releases and one that plans, each with its access entry. */
async function openRoles(aws: Aws, repositoryId: number) {
  const text = await readFile(join(root, "templates/roles.yml"), "utf8");
  const roleOf = async (environment: string, group: string, oidc?: string) => {
    const { outputs, resources } = await aws.deployTemplate(
      text,
      {
        ...{ Name: `axon-${environment}`, Environment: environment, Repository: "axon" },
        ...{ Owner: "acme", OwnerId: "42", RepositoryId: String(repositoryId) },
        TrustedWorkflows: `${LIBRARY}/.github/workflows/release-axon.yml@refs/tags/v1`,
        ...{ AxonRegion: aws.region, AxonCluster: CLUSTER },
        ...(oidc && { OidcProvider: oidc }),
      },
      `roles-${environment}`,
    );
    const principal = outputs.AxonRole ?? "";
    aws.grantAccess(CLUSTER, { principal, groups: [group] });
    return { principal, oidc: resources.Provider?.id ?? "" };
  };
  const apply = await roleOf("production", groupOf("axon"));
  const plan = await roleOf("production-plan", groupOf("axon-plan"), apply.oidc);
  return { apply: apply.principal, plan: plan.principal, oidc: apply.oidc };
}
