import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Aws,
  type Cluster,
  type GithubJob,
  githubClaims,
  type Pods,
  startCluster,
  startPods,
  startWorld,
} from "@playbook/world";
import { giveRules, userOf } from "../../../../test/kubernetes-rights.ts";
import { SYSTEM, systems } from "./rules.ts";

const WORKFLOW = "khalani/playbook/.github/workflows/release-axon.yml@refs/tags/v1.0.0";
const templates = new URL("../../../../templates/", import.meta.url).pathname;

/** Of release and namespace: what is named in access.yml is named after both. */
export const NAME = "axon";
export const CLUSTER = "khalani";

export type Place = AsyncDisposable & {
  aws: Aws;
  cluster: Cluster;
  pods: Pods;
  /** The role that releases, and the one that plans. */
  roles: { apply: string; plan: string };
  /** Everybody has what the manifest gives them. */
  restore(): Promise<void>;
};

/** A cluster of an account, which roles of the library's own template enter by tokens of EKS. */
export async function openPlace(): Promise<Place> {
  await using cleanup = new AsyncDisposableStack();
  const world = cleanup.use(await startWorld({ aws: {} }));
  const { aws, issuer } = world;
  const { url, token } = issuer.grant(githubClaims(job));
  Object.assign(process.env, {
    GITHUB_ACTIONS: "true",
    AWS_ENDPOINT_URL: aws.url,
    ACTIONS_ID_TOKEN_REQUEST_URL: url,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: token,
  });
  const apply = await roleOf(aws, "chain");
  const plan = await roleOf(aws, "chain-plan", apply.provider);
  const cluster = cleanup.use(await startCluster({ eks: { aws, name: CLUSTER } }));
  const pods = cleanup.use(await startPods(cluster, { tags: { "v0.3.1": {} } }));
  const roles = { apply: apply.arn, plan: plan.arn };
  enter(aws, roles.apply, SYSTEM);
  enter(aws, roles.plan, `${SYSTEM}-plan`);
  const parts = cleanup.move();
  return {
    ...{ aws, cluster, pods, roles },
    restore: async () => {
      for (const [system, own] of systems) {
        await giveRules(cluster, { system, namespace: NAME, rules: own });
      }
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** As the manifest's header says. */
export async function applyManifest({ kubectl }: Cluster): Promise<void> {
  await kubectl(["apply", "--namespace", NAME, "-f", join(templates, "rbac.yml")]);
}

function enter(aws: Aws, principal: string, system: string): void {
  const { name: username, groups } = userOf(system);
  aws.grantAccess(CLUSTER, { principal, groups, username });
}

const job: GithubJob = {
  repository: "acme/chain",
  repositoryId: "1001",
  ownerId: "42",
  ref: "refs/heads/main",
  sha: "0".repeat(40),
  event: "workflow_dispatch",
  actor: "ada",
  workflow: "axon",
  jobWorkflowRef: WORKFLOW,
  environment: "production",
};

async function roleOf(aws: Aws, name: string, provider?: string) {
  const { outputs, resources } = await aws.deployTemplate(
    await readFile(join(templates, "roles.yml"), "utf8"),
    {
      ...{ Owner: "acme", OwnerId: "42", Repository: "chain", RepositoryId: "1001" },
      ...{ Environment: "production", TrustedWorkflows: WORKFLOW, Name: name },
      ...{ AxonRegion: aws.region, AxonCluster: CLUSTER },
      ...(provider && { OidcProvider: provider }),
    },
    name,
  );
  return { arn: outputs.AxonRole ?? "", provider: provider ?? resources.Provider?.id ?? "" };
}
