import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { until } from "@playbook/world";
import { checkpoint } from "../../../packages/hyperlane/test/network.ts";
import { common, type Fleet, NAMESPACE, openFleet } from "./fleet.ts";

let fleet: Fleet;
beforeAll(async () => {
  fleet = await openFleet({ builds: { bad: { crashes: true } } });
}, 1_200_000);
afterAll(() => fleet?.[Symbol.asyncDispose]());

const VALIDATORS = ["validator-chain5-a", "validator-chain5-b", "validator-chain5-c"];
const RELAYER = "relayer-main-a";
const ALL = [...VALIDATORS, RELAYER];

const bucketOf = (at: number) => {
  const bucket = fleet.list.validators.chain5?.[at]?.bucket as { name: string };
  return bucket.name;
};

type Seen = { name: string; image: string; ready: boolean };

/** The agents' pods. */
async function pods(): Promise<Seen[]> {
  const all = await fleet.cluster.api.list(`/api/v1/namespaces/${NAMESPACE}/pods`);
  return all.map(({ metadata, spec, status }) => ({
    name: metadata.name.replace(/-0$/, ""),
    image: spec.containers[0].image.split(":")[1],
    ready: !metadata.deletionTimestamp && status.containerStatuses?.[0]?.ready === true,
  }));
}

const images = async () => Object.fromEntries((await pods()).map((one) => [one.name, one.image]));

test("nobody is installed who cannot pay for what it has to do", async () => {
  const report = await fleet.run({ mode: "plan" });

  const findings = report.outputs.findings as { code: string; at: string }[];
  expect(findings.map(({ code }) => code)).toEqual(Array(4).fill("unfunded"));
  expect(report.outputs).toMatchObject({ "can-apply": false, changes: { install: ALL } });
  await expect(fleet.run()).rejects.toMatchObject({ code: "preflight-failed" });
  expect(await pods()).toEqual([]);
}, 180_000);

test("from nothing, each is seen well before the next, and a second run changes nothing", async () => {
  await fleet.fund();
  const plan = await fleet.run({ mode: "plan" });
  expect(plan.outputs).toMatchObject({ findings: [], "can-apply": true });
  expect(plan.summary).toMatch(/\| ⏳ messageIdMultisigIsm of \S+ on \S+ \| 0 \| 2 \| 3 \|/);

  const digest = String(plan.outputs["plan-digest"]);
  const report = await fleet.run({ planDigest: digest });

  expect(report.failure).toBeUndefined();
  expect(report.outputs).toMatchObject({ outcome: "done", moved: ALL });
  expect(report.summary).toMatch(/\| messageIdMultisigIsm of \S+ on \S+ \| 3 \| 2 \| 3 \|/);
  const { index, root } = await fleet.send("signed by three");
  for (const at of [0, 1, 2]) {
    expect(await checkpoint(fleet.aws, bucketOf(at), Number(index))).toContain(root);
  }
  const again = await fleet.run({ planDigest: digest });
  expect(again.outputs).toMatchObject({ outcome: "done", moved: [] });
}, 180_000);

test("a relayer that has run out of gas is told, and keeps nobody from being changed", async () => {
  const { chain } = fleet.destination;
  const address = String(fleet.list.relayers.main?.instances[0]?.address);
  await chain.setBalance(address, 0n);

  const { outputs } = await fleet.run({ mode: "plan", set: common("v2") });

  await chain.setBalance(address, 10n ** 18n);
  expect(outputs.findings).toMatchObject([{ code: "unfunded", level: "warning", at: RELAYER }]);
  expect(outputs).toMatchObject({ "can-apply": true, changes: { change: ALL } });
}, 180_000);

test("a plan that was not approved is refused", async () => {
  const { outputs } = await fleet.run({ mode: "plan" });
  const planDigest = String(outputs["plan-digest"]);
  const other = fleet.run({ planDigest, set: common("v2") });
  await expect(other).rejects.toMatchObject({ code: "plan-changed" });
}, 180_000);

test("one that does not come up is held with what it said, and the others stay", async () => {
  const report = await fleet.run({ set: common("bad") });

  expect(report.failure).toMatchObject({ code: "agent-held" });
  expect(report.outputs).toMatchObject({ outcome: "held", moved: [VALIDATORS[0]] });
  expect(report.summary).toContain("this build crashes");
  const { [VALIDATORS[0] as string]: first, ...others } = await images();
  expect(first).toBe("bad");
  expect(new Set(Object.values(others))).toEqual(new Set(["v1"]));
}, 180_000);

test("the next run goes on with all, and never fewer than two of three sign", async () => {
  await fleet.send("while one is away");
  let fewest = 3;
  const running = fleet.run({ set: common("v2") });
  let over = false;
  running
    .catch(() => {})
    .finally(() => {
      over = true;
    });
  while (!over) {
    const signing = (await pods()).filter(({ name, ready }) => name !== RELAYER && ready);
    fewest = Math.min(fewest, signing.length);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }

  const { outputs } = await running;
  expect(outputs).toMatchObject({ outcome: "done", moved: ALL });
  expect(fewest).toBe(2);
  expect(new Set(Object.values(await images()))).toEqual(new Set(["v2"]));
}, 180_000);

test("a validator that a set counts on does not retire; a relayer that is listed no more does", async () => {
  const { chain5 = [] } = fleet.list.validators;
  const two = { ...fleet.list, validators: { chain5: chain5.slice(1) } };
  const plan = await fleet.run({ mode: "plan", set: common("v2") }, two);
  expect(plan.outputs.findings).toMatchObject([{ code: "no-spare", at: VALIDATORS[0] }]);

  const without = { ...fleet.list, relayers: {} };
  const report = await fleet.run({ set: common("v2") }, without);

  expect(report.outputs).toMatchObject({ outcome: "done", moved: [RELAYER] });
  await until(async () => (await pods()).length === 3);
}, 180_000);

test("a reorg flag stops everything, and is not cleared", async () => {
  const s3 = new S3Client(fleet.aws.clientConfig(fleet.aws.openSession(roleOf(2))));
  await s3.send(new PutObjectCommand({ Bucket: bucketOf(2), Key: "reorg_flag.json", Body: "{}" }));

  const plan = await fleet.run({ mode: "plan", set: common("v1") });
  expect(plan.outputs.findings).toMatchObject([{ code: "reorg-flag", at: VALIDATORS[2] }]);
  await expect(fleet.run({ set: common("v1") })).rejects.toThrow("reorg_flag.json");

  expect(new Set(Object.values(await images()))).toEqual(new Set(["v2"]));
  // To whoever lists it not, and has never had it, it is somebody else's.
  const { chain5 = [] } = fleet.list.validators;
  const others = { validators: { chain5: chain5.slice(0, 2) } };
  const { outputs } = await fleet.run({ mode: "plan", namespace: "elsewhere" }, others);
  const told = expect.objectContaining({ code: "reorg-flag", at: chain5[2]?.address });
  expect(outputs.findings).toEqual(expect.arrayContaining([told]));
  const kept = await fetch(`${fleet.aws.url}/${bucketOf(2)}/reorg_flag.json`);
  expect(kept.status).toBe(200);
}, 180_000);

const roleOf = (at: number) => String(fleet.list.validators.chain5?.[at]?.roleArn);
