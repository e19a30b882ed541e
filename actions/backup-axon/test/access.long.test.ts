import { PutObjectCommand, PutObjectLockConfigurationCommand } from "@aws-sdk/client-s3";
import { type GithubJob, RELEASE_JOB } from "@playbook/world";
import { actionsOf, askedBy, jobEnvironment, openRole } from "../../../test/aws-rights.ts";
import { whole } from "../../../test/proof.ts";
import { statements } from "../src/access.ts";
import { back, chainWithSync, openStand, type Stand, syncSet } from "./stand.ts";

const NAMESPACE = "access";
const WORKFLOW = "khalani/playbook/.github/workflows/backup-axon.yml@refs/tags/v1.0.0";

const job: GithubJob = {
  ...RELEASE_JOB,
  ...{ repository: "acme/axon", jobWorkflowRef: WORKFLOW, environment: "backup" },
};

/**
 * By a kubeconfig no cluster is looked up; that EKS is asked is shown end to end. Retention has no
 * call of its own: S3 writes it into the headers of HeadObject, for those who have the right.
 */
const ELSEWHERE = ["eks:DescribeCluster", "s3:GetObjectRetention"];

const asked = statements
  .flatMap(({ actions }) => [...actions])
  .filter((action) => !ELSEWHERE.includes(action));

const environment = { ...process.env };
let stand: Stand;
let role: string;

beforeAll(async () => {
  stand = await openStand();
  const parameters = {
    ...{ BackupCluster: "khalani", BackupBucket: "backups", BackupPrefix: NAMESPACE },
  };
  ({ role } = await openRole(stand.aws, { job, system: "Backup", parameters }));
  Object.assign(process.env, jobEnvironment(stand.world, job));
  // One that locks nothing by itself: each lock is looked at, and what is old goes.
  await stand.s3.send(
    new PutObjectLockConfigurationCommand({
      ...{ Bucket: "backups", ObjectLockConfiguration: { ObjectLockEnabled: "Enabled" } },
    }),
  );
  await chainWithSync(stand, NAMESPACE);
}, 1_200_000);
afterAll(async () => {
  process.env = environment;
  await stand?.[Symbol.asyncDispose]();
});

/** Keeps nothing but the newest and its base, so that each backup from the third on deletes one. */
const KEEP_NONE = { keepLatest: 1, keepDays: 0, keepWeeks: 0, keepMonths: 0 };

const backUp = () => back(stand, NAMESPACE, { role, ...KEEP_NONE });

test("backups use every permission of access.yml in AWS, and none beside it", async () => {
  await backUp();
  await backUp();
  stand.aws.clearCalls();

  const { outputs } = await backUp();

  expect(outputs.deleted).toHaveLength(1);
  const own = askedBy(stand.aws, role);
  expect(actionsOf(own)).toEqual([...asked].sort());
  expect(own.filter(({ allowed }) => !allowed)).toEqual([]);
}, 300_000);

/** Before, while and after the node rests. */
const MISSED = ["s3:ListBucket", "s3:PutObject", "s3:DeleteObject"];

test.each(whole ? asked : MISSED)(
  "without %s a run says so, and its node runs; with it, the next goes on",
  async (permission) => {
    const taken = stand.aws.withoutPermission(role, permission);

    await expect(backUp()).rejects.toMatchObject({
      code: "access-denied",
      what: expect.stringContaining(permission),
    });

    expect((await stand.cluster.api.get(syncSet(NAMESPACE))).spec.replicas).toBe(1);
    taken.restore();
    await backUp();
  },
  300_000,
);

test("the role reaches no other chain's backups", async () => {
  await stand.s3.send(
    new PutObjectCommand({ Bucket: "backups", Key: "other/x/manifest.json", Body: "x" }),
  );

  await expect(
    back(stand, NAMESPACE, { role, mode: "plan", backups: "s3://backups/other" }),
  ).rejects.toMatchObject({ code: "access-denied" });
});
