import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { contextForTests } from "@playbook/action/testing";
import { type Address, type Plan, planDigest, planText } from "@playbook/evm";
import { type GithubJob, githubClaims, startWorld } from "@playbook/world";
import { counterPlan } from "../../../../packages/evm/test/counter.ts";
import { plannedOn } from "../../../../packages/evm/test/rig.ts";
import { type ApplyInputs, apply } from "../../src/apply/apply.ts";

const template = new URL("../../template.yml", import.meta.url);
const roles = new URL("../../../../templates/roles.yml", import.meta.url);

export const WORKFLOW = "khalani/playbook/.github/workflows/release-contracts.yml@refs/tags/v1.0.0";

/** The job that the account trusts. */
export const job: GithubJob = {
  repository: "acme/counter",
  repositoryId: "1001",
  ownerId: "42",
  ref: "refs/heads/main",
  sha: "0".repeat(40),
  event: "workflow_dispatch",
  actor: "ada",
  workflow: "release",
  jobWorkflowRef: WORKFLOW,
  environment: "production",
};

/**
 * A chain, an AWS account made from the library's own templates, and an issuer: all that `apply`
 * meets. Releases run in this process as a job of GitHub would run them.
 */
export async function openOffice() {
  const world = await startWorld({ chains: [{ id: 10012 }], aws: {} });
  const { aws, issuer } = world;
  const [chain] = world.chains;
  const own = await aws.deployTemplate(await readFile(template, "utf8"), { Name: "counter-prod" });
  const { KeyArn = "", State = "", Bucket = "", Prefix = "" } = own.outputs;
  const granted = await aws.deployTemplate(await readFile(roles, "utf8"), {
    Name: "counter-prod",
    Owner: "acme",
    OwnerId: "42",
    Repository: "counter",
    RepositoryId: "1001",
    Environment: "production",
    TrustedWorkflows: WORKFLOW,
    ContractsKeyArn: KeyArn,
    ContractsBucket: Bucket,
    ContractsPrefix: Prefix,
  });
  const role = granted.outputs.ContractsRole ?? "";

  const signer = (await aws.addressOf(KeyArn)) as Address;
  await chain.setBalance(signer, 10n ** 20n);

  Object.assign(process.env, { GITHUB_ACTIONS: "true", AWS_ENDPOINT_URL: aws.url });
  const actAs = (over: Partial<GithubJob> = {}) => {
    const { url, token } = issuer.grant(githubClaims({ ...job, ...over }));
    process.env.ACTIONS_ID_TOKEN_REQUEST_URL = url;
    process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN = token;
  };
  actAs();

  let releases = 0;
  /** A plan in a folder, as `mode: plan` leaves it, for a release of its own. */
  const plan = async (shapes: Parameters<typeof counterPlan>[2]) => {
    releases += 1;
    const deployment = {
      repository: "acme/counter",
      environment: "production",
      release: `r${releases}`,
    };
    const planned = await plannedOn(chain, signer);
    const made: Plan = { ...counterPlan(signer, planned, shapes), deployment };
    const folder = join(world.dir, `plan-${releases}`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "plan.json"), planText(made));
    return { made, folder, digest: planDigest(made) };
  };

  const inputs = async (over: Partial<ApplyInputs> = {}): Promise<ApplyInputs> => ({
    deployment: { repository: "acme/counter", environment: "production", release: "none" },
    plan: world.dir,
    role,
    region: aws.region,
    key: KeyArn,
    state: State,
    rpcUrls: [],
    budget: [],
    window: 16,
    project: world.dir,
    release: await mkdtemp(join(world.dir, "release-")),
    ...over,
  });

  const release = async (
    { made, folder, digest }: Awaited<ReturnType<typeof plan>>,
    over: Partial<ApplyInputs> = {},
  ) => {
    const context = contextForTests();
    const { deployment } = made;
    const all = await inputs({ deployment, plan: folder, planDigest: digest, ...over });
    return { ...(await apply(all, context)), context, inputs: all };
  };

  return {
    world,
    aws,
    issuer,
    chain,
    role,
    KeyArn,
    State,
    Bucket,
    actAs,
    plan,
    release,
  };
}

export type Office = Awaited<ReturnType<typeof openOffice>>;
