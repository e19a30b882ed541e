import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { contextForTests } from "@playbook/action/testing";
import { type Address, type Deployment, type Plan, planDigest, planText } from "@playbook/evm";
import {
  type Aws,
  type Chain,
  type ChainOptions,
  type GithubJob,
  githubClaims,
  RELEASE_JOB,
  startWorld,
} from "@playbook/world";
import { counterPlan, type Shape } from "../../../../packages/evm/test/counter.ts";
import { plannedOn } from "../../../../packages/evm/test/rig.ts";
import { type ApplyInputs, apply } from "../../src/apply/apply.ts";

const template = new URL("../../template.yml", import.meta.url);
const roles = new URL("../../../../templates/roles.yml", import.meta.url);

export const WORKFLOW = "khalani/playbook/.github/workflows/release-contracts.yml@refs/tags/v1.0.0";

/** The job that the account trusts. */
export const job: GithubJob = {
  ...RELEASE_JOB,
  repository: "acme/counter",
  jobWorkflowRef: WORKFLOW,
  environment: "production",
};

/** A plan in a folder, as `mode: plan` leaves it. */
export type Planned = { made: Plan; folder: string; digest: string; from: number[] };

/** Inputs by their names in action.yml; undefined takes one away. */
export type Given = Record<string, string | undefined>;

export type PlanOptions = {
  /** Chains that it is for; without it the first. */
  on?: Chain[];
  sender?: Address;
  deployment?: Partial<Deployment>;
};

/**
 * Chains, an AWS account made from the library's own templates, and an issuer: all that `apply`
 * meets. Releases run in this process as a job of GitHub would run them.
 */
export async function openOffice(
  options: ChainOptions[] = [{ id: 10012 }],
  sky: { evaluate?: boolean } = {},
) {
  const world = await startWorld({ chains: options, aws: sky });
  const { aws, issuer } = world;
  const chains: Chain[] = [...world.chains];
  const chain = chains[0] as Chain;
  const { role, KeyArn, State, Bucket } = await settle(aws);
  const signer = (await aws.addressOf(KeyArn)) as Address;
  for (const one of chains) await one.setBalance(signer, 10n ** 20n);

  Object.assign(process.env, { GITHUB_ACTIONS: "true", AWS_ENDPOINT_URL: aws.url });
  const actAs = (over: Partial<GithubJob> = {}) => {
    const { url, token } = issuer.grant(githubClaims({ ...job, ...over }));
    process.env.ACTIONS_ID_TOKEN_REQUEST_URL = url;
    process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN = token;
  };
  actAs();

  let plans = 0;
  /** A plan for a release of its own, unless it is given another's name. */
  const plan = async (
    shapes: Shape[],
    { on = [chain], sender = signer, deployment }: PlanOptions = {},
  ): Promise<Planned> => {
    plans += 1;
    const named = { repository: "acme/counter", environment: "production", release: `r${plans}` };
    const planned = await Promise.all(on.map((one) => plannedOn(one, sender)));
    const made = counterPlan(sender, planned, shapes);
    const folder = join(world.dir, `plan-${plans}`);
    const from = await Promise.all(on.map((one) => one.height()));
    return stored({ ...made, deployment: { ...named, ...deployment } }, folder, from);
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
    { made, folder, digest }: Planned,
    over: Partial<ApplyInputs> = {},
    context = contextForTests(),
  ) => {
    const { deployment } = made;
    const all = await inputs({ deployment, plan: folder, planDigest: digest, ...over });
    return { ...(await apply(all, context)), context, inputs: all };
  };

  /** The inputs of a job that applies a plan. */
  const given = ({ made, folder, digest }: Planned, over: Given = {}): Given => ({
    mode: "apply",
    environment: made.deployment.environment,
    release: made.deployment.release,
    plan: folder,
    "plan-digest": digest,
    role,
    region: aws.region,
    key: KeyArn,
    state: State,
    ...over,
  });

  return {
    world,
    aws,
    issuer,
    chain,
    chains,
    signer,
    role,
    KeyArn,
    State,
    Bucket,
    actAs,
    plan,
    release,
    given,
  };
}

export type Office = Awaited<ReturnType<typeof openOffice>>;

/** The key, the bucket and the role, as their owner makes them. */
async function settle(aws: Aws) {
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
  return { role: granted.outputs.ContractsRole ?? "", KeyArn, State, Bucket };
}

async function stored(made: Plan, folder: string, from: number[]): Promise<Planned> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "plan.json"), planText(made));
  return { made, folder, digest: planDigest(made), from };
}
