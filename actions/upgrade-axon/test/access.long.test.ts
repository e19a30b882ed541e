import { contextForTests } from "@playbook/action/testing";
import { type GithubJob, RELEASE_JOB } from "@playbook/world";
import { actionsOf, askedBy, jobEnvironment, openRole } from "../../../test/aws-rights.ts";
import type { Values } from "../../../test/charts.ts";
import { giveRules, userOf } from "../../../test/kubernetes-rights.ts";
import { back, chainWithSync, openStand, type Stand } from "../../backup-axon/test/stand.ts";
import { after } from "../../helm-rollout-axon/test/after.ts";
import type { AxonChain } from "../../helm-rollout-axon/test/axon-chain.ts";
import { statements } from "../src/access.ts";
import type { Inputs } from "../src/run.ts";
import { FORKLESS, hurried, rulesOf, upgradesOf } from "./place.ts";

const CLUSTER = "khalani";
const NAMESPACE = "axon";
const SYSTEM = "upgrade";
const HOUR = 3_600_000;

const job: GithubJob = {
  ...{ ...RELEASE_JOB, repository: "acme/axon", environment: "upgrade" },
  jobWorkflowRef: "khalani/playbook/.github/workflows/upgrade-axon.yml@refs/tags/v1.0.0",
};

const environment = { ...process.env };
const parts = new AsyncDisposableStack();
let stand: Stand;
let chain: AxonChain;
let role: string;
let provider: string;

beforeAll(async () => {
  stand = parts.use(await openStand({ eks: CLUSTER }));
  chain = await chainWithSync(stand, NAMESPACE, FORKLESS);
  await back(stand, NAMESPACE);
  role = await openUpgradeRole();
  Object.assign(process.env, jobEnvironment({ ...stand.world, aws: stand.aws }, job));
}, 1_200_000);
afterAll(async () => {
  process.env = environment;
  await parts.disposeAsync();
});

/** With the rights in the cluster that access.yml names, which are proven elsewhere. */
async function openUpgradeRole(): Promise<string> {
  const { aws, cluster } = stand;
  const { role: principal, ...own } = await openRole(aws, {
    ...{ job, system: "Upgrade" },
    parameters: { UpgradeCluster: CLUSTER, UpgradeBucket: "backups", UpgradePrefix: NAMESPACE },
  });
  provider = own.provider;
  const rules = await rulesOf("upgrade-axon");
  await giveRules(cluster, { system: SYSTEM, namespace: NAMESPACE, rules });
  const { name: username, groups } = userOf(SYSTEM);
  aws.grantAccess(CLUSTER, { principal, username, groups });
  return principal;
}

/** Inputs as a workflow gives them: the cluster by its name, and the job's role. */
async function run(changes: Partial<Inputs>, { values = {}, context = contextForTests() } = {}) {
  const { upgrade } = upgradesOf(chain);
  const { region } = stand.aws;
  const way = { kubeconfig: undefined, cluster: CLUSTER, region, role };
  const backup = { backup: "s3://backups/axon", backupAge: HOUR, noBackupBecause: undefined };
  return upgrade({ ...way, ...backup, ...changes }, context, values);
}

const granted = [...new Set(statements.flatMap(({ actions }) => actions))];

/** What an upgrade would change: the pods, by their names for good, and what they run. */
async function podsThere(): Promise<string[]> {
  const found = await stand.cluster.api.list(`/api/v1/namespaces/${NAMESPACE}/pods`);
  return found.map(({ metadata: { uid }, spec }) => `${uid} ${spec.containers[0].image}`).sort();
}

const VALUES: Record<Inputs["upgrade"], Values> = {
  rollout: { config: { web3: { maxGasCap: 40_000_000 } } },
  fork: {},
  jump: { image: { tag: "v0.4.0" } },
};

const WAYS = ["rollout", "fork", "jump"] as const;
const each = WAYS.flatMap((upgrade) =>
  (["plan", "apply"] as const).flatMap((mode) =>
    granted.map((permission) => [mode, upgrade, permission] as const),
  ),
);

test.each(each)(
  "%s of a %s without %s says so, and changes nothing",
  async (mode, upgrade, permission) => {
    const there = await podsThere();
    const taken = stand.aws.withoutPermission(role, permission);

    await expect(run({ mode, upgrade }, { values: VALUES[upgrade] })).rejects.toMatchObject({
      code: "access-denied",
      what: expect.stringContaining(permission),
    });

    taken.restore();
    expect(await podsThere()).toEqual(there);
  },
);

test.each(WAYS)(
  "the plan of a %s asks for what access.yml grants, and for nothing beside it",
  async (upgrade) => {
    stand.aws.clearCalls();

    const { report } = await run({ mode: "plan", upgrade }, { values: VALUES[upgrade] });

    expect(report.failure).toBeUndefined();
    expectExactly();
  },
);

test("a fork whose credentials expire in its midst comes to its end with what is granted", async () => {
  stand.aws.clearCalls();
  const expire = () => {
    stand.aws.expireSessions();
    stand.cluster.expireTokens();
  };
  const context = after(2, expire, hurried(stand.pods, NAMESPACE));

  const { report } = await run({ upgrade: "fork" }, { context });

  expect(report.failure).toBeUndefined();
  expect(report.outputs).toMatchObject({ outcome: "done" });
  const refused = stand.cluster.gate.requests().filter(({ status }) => status === 401);
  expect(refused).not.toEqual([]);
  expectExactly();
}, 200_000);

function expectExactly(): void {
  const calls = askedBy(stand.aws, role);
  expect(actionsOf(calls)).toEqual([...granted].sort());
  expect(calls.filter(({ allowed }) => !allowed)).toEqual([]);
}

test("the role reaches no other chain's backups, and no other cluster", async () => {
  const denied = { code: "access-denied" };

  await expect(run({ mode: "plan", backup: "s3://backups/other" })).rejects.toMatchObject(denied);
  await expect(run({ mode: "plan", cluster: "another" })).rejects.toMatchObject(denied);
});

test("a role that the cluster does not know is told the group of upgrades", async () => {
  const parameters = { UpgradeCluster: CLUSTER, OidcProvider: provider };
  const other = await openRole(stand.aws, { job, system: "Upgrade", name: "other", parameters });

  await expect(run({ mode: "plan", upgrade: "rollout", role: other.role })).rejects.toMatchObject({
    code: "kube-unknown",
    next: expect.stringContaining("--kubernetes-groups playbook:upgrade-plan"),
  });
});
