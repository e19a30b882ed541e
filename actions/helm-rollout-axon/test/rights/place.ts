import { join } from "node:path";
import {
  type Aws,
  type Cluster,
  type GithubJob,
  type Pods,
  startCluster,
  startPods,
  startWorld,
} from "@playbook/world";
import { jobEnvironment, openRole } from "../../../../test/aws-rights.ts";
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
  const { aws } = world;
  Object.assign(process.env, jobEnvironment(world, job));
  const apply = await roleOf(aws, "chain");
  const plan = await roleOf(aws, "chain-plan", apply.provider);
  const cluster = cleanup.use(await startCluster({ eks: { aws, name: CLUSTER } }));
  const pods = cleanup.use(await startPods(cluster, { tags: { "v0.3.1": {} } }));
  const roles = { apply: apply.role, plan: plan.role };
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

function roleOf(aws: Aws, name: string, provider?: string) {
  const parameters = {
    ...{ AxonRegion: aws.region, AxonCluster: CLUSTER },
    ...(provider && { OidcProvider: provider }),
  };
  return openRole(aws, { job, system: "Axon", parameters, name });
}
