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
  type Issuer,
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
  const { aws, issuer, dir } = world;
  const chains: Chain[] = [...world.chains];
  const chain = chains[0] as Chain;
  const account = await settle(aws);
  const signer = (await aws.addressOf(account.KeyArn)) as Address;
  for (const one of chains) await one.setBalance(signer, 10n ** 20n);

  Object.assign(process.env, { GITHUB_ACTIONS: "true", AWS_ENDPOINT_URL: aws.url });
  const actAs = (over: Partial<GithubJob> = {}) => become({ ...job, ...over }, issuer);
  actAs();

  const { region } = aws;
  return {
    ...{ world, aws, issuer, chain, chains, signer, ...account, actAs },
    plan: plansIn(dir, { chain, signer }),
    release: releasesIn(dir, { ...account, region }),
    given: inputsWith({ ...account, region }),
  };
}

export type Office = Awaited<ReturnType<typeof openOffice>>;

type Account = Awaited<ReturnType<typeof settle>> & { region: string };

/** From now on this process is that job. */
function become(one: GithubJob, issuer: Issuer): void {
  const { url, token } = issuer.grant(githubClaims(one));
  process.env.ACTIONS_ID_TOKEN_REQUEST_URL = url;
  process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN = token;
}

/** Makes plans, each for a release of its own, unless it is given another's name. */
function plansIn(dir: string, usual: { chain: Chain; signer: Address }) {
  let plans = 0;
  return async (
    shapes: Shape[],
    { on = [usual.chain], sender = usual.signer, deployment }: PlanOptions = {},
  ): Promise<Planned> => {
    plans += 1;
    const named = { repository: "acme/counter", environment: "production", release: `r${plans}` };
    const planned = await Promise.all(on.map((one) => plannedOn(one, sender)));
    const made = counterPlan(sender, planned, shapes);
    const folder = join(dir, `plan-${plans}`);
    const from = await Promise.all(on.map((one) => one.height()));
    return stored({ ...made, deployment: { ...named, ...deployment } }, folder, from);
  };
}

/** Applies plans in this process. */
function releasesIn(dir: string, { role, region, KeyArn, State }: Account) {
  return async (
    { made, folder, digest }: Planned,
    over: Partial<ApplyInputs> = {},
    context = contextForTests(),
  ) => {
    const inputs: ApplyInputs = {
      ...{ deployment: made.deployment, plan: folder, planDigest: digest },
      ...{ role, region, key: KeyArn, state: State },
      ...{ rpcUrls: [], budget: [], window: 16 },
      ...{ project: dir, release: await mkdtemp(join(dir, "release-")) },
      ...over,
    };
    return { ...(await apply(inputs, context)), context, inputs };
  };
}

/** The inputs of a job that applies a plan. */
function inputsWith({ role, region, KeyArn, State }: Account) {
  return ({ made, folder, digest }: Planned, over: Given = {}): Given => ({
    mode: "apply",
    environment: made.deployment.environment,
    release: made.deployment.release,
    plan: folder,
    "plan-digest": digest,
    ...{ role, region, key: KeyArn, state: State },
    ...over,
  });
}

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
