import { PutObjectCommand } from "@aws-sdk/client-s3";
import {
  type Cluster,
  type GithubJob,
  RELEASE_JOB,
  startCluster,
  startPods,
} from "@playbook/world";
import { actionsOf, askedBy, jobEnvironment, openRole } from "../../../test/aws-rights.ts";
import {
  BEHAVIOURS,
  back,
  chainWithSync,
  openStand,
  type Stand,
  trust,
} from "../../backup-axon/test/stand.ts";
import type { AxonChain } from "../../helm-rollout-axon/test/axon-chain.ts";
import { statements } from "../src/access.ts";
import type { Inputs } from "../src/run.ts";
import { inputsFor, placeFor, restore } from "./place.ts";

const [CHAIN, DRILLS] = ["axon", "axon-drill"] as const;
const [FIRST, SECOND] = ["khalani", "khalani-second"] as const;
const WORKFLOW = "khalani/playbook/.github/workflows/restore-axon.yml@refs/tags/v1.0.0";

const job: GithubJob = {
  ...RELEASE_JOB,
  ...{ repository: "acme/axon", jobWorkflowRef: WORKFLOW, environment: "restore" },
};

/** Whose rights are RBAC's, which is proven elsewhere: here it is IAM that says no. */
const EVERYTHING = ["system:masters"];

const environment = { ...process.env };
const parts = new AsyncDisposableStack();
let stand: Stand;
let second: Cluster;
let chain: AxonChain;
let height: number;
let role: string;
/** Of a template that names no old cluster. */
let roleOfOne: string;

beforeAll(async () => {
  stand = parts.use(await openStand({ eks: FIRST }));
  const { cluster } = stand;
  [second, chain] = await Promise.all([openSecond(), chainWithSync(stand, CHAIN)]);
  height = Number((await back(stand, CHAIN)).outputs.height);
  await placeFor(cluster, second, chain, CHAIN);
  await placeFor(cluster, second, chain, DRILLS, { keys: false });
  await openRoles();
}, 1_200_000);
afterAll(async () => {
  process.env = environment;
  await parts.disposeAsync();
});

/** Another cluster of the account, to restore into. */
async function openSecond(): Promise<Cluster> {
  const { aws } = stand;
  const opened = parts.use(await startCluster({ eks: { aws, name: SECOND } }));
  parts.use(await startPods(opened, { tags: BEHAVIOURS }));
  await trust(aws, opened);
  return opened;
}

async function openRoles(): Promise<void> {
  const both = await openRestoreRole("axon", { RestoreOldCluster: FIRST });
  const one = await openRestoreRole("axon-of-one", { OidcProvider: both.provider });
  role = both.role;
  roleOfOne = one.role;
  Object.assign(process.env, jobEnvironment(stand.world, job));
}

async function openRestoreRole(name: string, more: Record<string, string>) {
  const { aws } = stand;
  const opened = await openRole(aws, {
    ...{ job, system: "Restore", name },
    parameters: {
      ...{ RestoreCluster: SECOND, RestoreBucket: "backups", RestorePrefix: CHAIN, ...more },
    },
  });
  for (const cluster of [FIRST, SECOND]) {
    aws.grantAccess(cluster, { principal: opened.role, groups: EVERYTHING });
  }
  return opened;
}

/** Inputs as a workflow gives them: clusters by their names, and the job's role. */
const inputs = (changes: Partial<Inputs> = {}) =>
  inputsFor(stand, second, chain, changes.mode === "drill" ? DRILLS : CHAIN, {
    ...{ kubeconfig: undefined, cluster: SECOND, oldCluster: FIRST, oldNamespace: CHAIN, role },
    ...{ acceptLoss: height, relayers: "none", storageClass: "gp3", ...changes },
  });

const run = async (changes: Partial<Inputs>) => restore(await inputs(changes));

const granted = [...new Set(statements.flatMap(({ actions }) => actions))];

function expectExactly(): void {
  const calls = askedBy(stand.aws, role);
  expect(actionsOf(calls)).toEqual([...granted].sort());
  expect(calls.filter(({ allowed }) => !allowed)).toEqual([]);
  const described = calls.filter(({ action }) => action === "eks:DescribeCluster");
  const names = described.map(({ resource }) => resource.split(":cluster/")[1]);
  expect([...new Set(names)].sort()).toEqual([FIRST, SECOND]);
}

/** All that there is of a release, or of the pods that fill its volumes. */
async function thingsIn(namespace: string): Promise<string[]> {
  const kinds = [
    ...["apis/apps/v1/statefulsets", "apis/batch/v1/jobs", "api/v1/persistentvolumeclaims"],
    ...["api/v1/pods", "api/v1/services"],
  ].map((path) => path.replace(/\/(?=\w+$)/, `/namespaces/${namespace}/`));
  const found = await Promise.all(kinds.map((path) => second.api.list(`/${path}`)));
  return found.flat().map(({ metadata }) => metadata.name);
}

const oldReplicas = async () => {
  const sets = await stand.cluster.api.list(`/apis/apps/v1/namespaces/${CHAIN}/statefulsets`);
  return sets.map(({ spec }) => spec.replicas as number);
};

/** A run that AWS has refused something has changed nothing: neither there nor here. */
async function expectUntouched(): Promise<void> {
  expect(await thingsIn(CHAIN)).toEqual([]);
  expect(await thingsIn(DRILLS)).toEqual([]);
  expect(await oldReplicas()).toEqual(Array(6).fill(1));
}

/** What a run ends with; an audit reads of a drill that it failed. */
async function refusalOf(changes: Partial<Inputs>): Promise<unknown> {
  if (changes.mode !== "drill") return run(changes).catch((error: unknown) => error);
  const { outputs, failure } = await run(changes);
  expect(outputs).toMatchObject({ result: "failed" });
  return failure;
}

const MODES = ["plan", "apply", "drill"] as const;

test.each(MODES.flatMap((mode) => granted.map((permission) => [mode, permission] as const)))(
  "%s without %s says so, and changes nothing",
  async (mode, permission) => {
    const taken = stand.aws.withoutPermission(role, permission);

    const refusal = await refusalOf({ mode }).finally(() => taken.restore());

    expect(refusal).toMatchObject({
      code: "access-denied",
      what: expect.stringContaining(permission),
    });
    await expectUntouched();
  },
);

test.each(MODES)("%s of a role that may not see the old cluster names that one", async (mode) => {
  expect(await refusalOf({ mode, role: roleOfOne })).toMatchObject({
    code: "access-denied",
    what: expect.stringMatching(/eks:DescribeCluster on cluster khalani in/),
  });
  await expectUntouched();
});

test("the role reaches no other chain's backups, and no other cluster", async () => {
  await stand.s3.send(
    new PutObjectCommand({ Bucket: "backups", Key: "other/x/manifest.json", Body: "x" }),
  );
  const denied = { code: "access-denied" };

  await expect(run({ mode: "plan", backups: "s3://backups/other" })).rejects.toMatchObject(denied);
  await expect(run({ mode: "plan", cluster: "another" })).rejects.toMatchObject(denied);
  await expect(run({ mode: "plan", oldCluster: "another" })).rejects.toMatchObject(denied);
});

test("a drill uses every permission of access.yml in AWS, and none beside it", async () => {
  stand.aws.clearCalls();

  const { outputs, failure } = await run({ mode: "drill" });

  expect(failure).toBeUndefined();
  expect(outputs).toMatchObject({ result: "passed" });
  expectExactly();
  await expectUntouched();
});

test("without the pods' own right nothing is started, and with it the next run restores the chain with what access.yml grants", async () => {
  const barred = stand.aws.withoutPermission(stand.unpacker, "s3:GetObject");
  await expect(run({})).rejects.toMatchObject({
    code: "mover-failed",
    why: expect.stringContaining("403"),
  });
  const sets = await second.api.list(`/apis/apps/v1/namespaces/${CHAIN}/statefulsets`);
  expect(sets.map(({ spec }) => spec.replicas)).toEqual(Array(6).fill(0));
  barred.restore();
  stand.aws.clearCalls();

  const { outputs } = await run({});

  expect(outputs.height).toBeGreaterThan(height);
  expectExactly();
}, 300_000);
