import {
  DeleteBucketPolicyCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { checkpoint, readableBucket } from "../../../packages/hyperlane/test/network.ts";
import { agentOf, common, countOn, type Fleet, type Listed, openFleet } from "./fleet.ts";
import { when } from "./when.ts";

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet({ relayers: 0 });
  await fleet.fund();
  const { failure } = await fleet.run({}, validators());
  if (failure) throw failure;
  const { index } = await fleet.send("to be signed");
  for (const at of [0, 1, 2]) await checkpoint(fleet.aws, bucketOf(at), Number(index));
}, 1_200_000);
afterAll(() => fleet?.[Symbol.asyncDispose]());

const validators = () => ({ validators: fleet.list.validators });

const validator = (at: number) => fleet.list.validators.chain5?.[at] as Listed;
const bucketOf = (at: number) => (validator(at).bucket as { name: string }).name;

/** Another threshold of the set that the destination counts on. */
const setThreshold = (threshold: number) =>
  countOn(fleet, fleet.list.validators.chain5 ?? [], threshold);

test("an ISM that is changed behind a rollout's back is seen before the next is moved", async () => {
  const late = "waiting until validator-chain5-b may be moved";
  const context = when("validator-chain5-a: change", () => setThreshold(3), late);

  const report = await fleet.run({ set: common("v2") }, validators(), context);

  expect(report.failure).toMatchObject({ code: "agents-blocked" });
  expect(report.failure?.why).toContain("of chain5 on chain10012 would have 2 signers of 3.");
  expect(report.outputs).toMatchObject({ outcome: "blocked", moved: ["validator-chain5-a"] });
  const plan = await fleet.run({ mode: "plan", set: common("v2") }, validators());
  expect(plan.outputs.findings).toMatchObject([{ code: "no-spare" }]);

  await setThreshold(2);
  const { outputs } = await fleet.run({ set: common("v2") }, validators());
  const moved = ["validator-chain5-b", "validator-chain5-c"];
  expect(outputs).toMatchObject({ outcome: "done", moved });
}, 180_000);

test("a release that somebody has changed by hand is changed back", async () => {
  const name = "validator-chain5-b";
  await fleet.cluster.helm(["rollback", name, "1", "--namespace", "hyperlane"], {
    env: { HELM_DRIVER: "configmap" },
  });

  const { outputs } = await fleet.run({ set: common("v2") }, validators());

  expect(outputs).toMatchObject({ outcome: "done", moved: [name] });
}, 180_000);

test("a bucket that nobody can read any more makes its validator absent, and is named", async () => {
  const s3 = new S3Client(fleet.aws.clientConfig());
  const Bucket = bucketOf(0);
  await s3.send(new DeleteBucketPolicyCommand({ Bucket }));

  const plan = await fleet.run({ mode: "plan", set: common("v2") }, validators());
  const Policy = JSON.stringify(readableBucket(Bucket));
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));

  const findings = plan.outputs.findings as { code: string; at: string }[];
  expect(findings.map(({ code }) => code)).toEqual(["bucket-closed", "not-there"]);
  expect(findings[0]).toMatchObject({ at: "validator-chain5-a" });
}, 180_000);

test("a flag that comes up during a rollout stops it", async () => {
  const role = String(validator(2).roleArn);
  const s3 = new S3Client(fleet.aws.clientConfig(fleet.aws.openSession(role)));
  const flag = new PutObjectCommand({ Bucket: bucketOf(2), Key: "reorg_flag.json", Body: "{}" });
  const context = when("validator-chain5-a: change", () => s3.send(flag));

  const report = await fleet.run({ set: common("v1") }, validators(), context);

  expect(report.failure).toMatchObject({ code: "agents-flagged" });
  expect(report.outputs).toMatchObject({ outcome: "flagged", moved: ["validator-chain5-a"] });
  expect(report.summary).toContain("validator-chain5-c");
}, 180_000);

test("another takes the place of one with a flag, which stays where it is", async () => {
  const [a, b] = [validator(0), validator(1)];
  const next = await agentOf(fleet.aws, "validator", { group: "chain5", name: "d" });
  await fleet.origin.chain.setBalance(next.address, 10n ** 18n);
  const listed = { validators: { chain5: [a, b, next] } };
  const early = await fleet.run({ mode: "plan", set: common("v1") }, listed);
  const at = "validator-chain5-c";
  const told = ["no-spare", "reorg-flag"].map((code) => expect.objectContaining({ code, at }));
  expect(early.outputs.findings).toEqual(expect.arrayContaining(told));

  await countOn(fleet, [a, b, next], 2);
  const { outputs } = await fleet.run({ set: common("v1") }, listed);

  const moved = ["validator-chain5-d", "validator-chain5-b", "validator-chain5-c"];
  expect(outputs).toMatchObject({ outcome: "done", moved });
  const flag = await fetch(`${fleet.aws.url}/${bucketOf(2)}/reorg_flag.json`);
  expect(flag.status).toBe(200);
}, 180_000);
