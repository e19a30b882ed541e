import { groupOf } from "@playbook/access";
import { CLUSTER, openAxonStage } from "./axon-stage.ts";
import { ending } from "./judge.ts";
import { leaksOf } from "./leaks.ts";

const parts = new AsyncDisposableStack();
let stage: Awaited<ReturnType<typeof openAxonStage>>;
beforeAll(async () => {
  stage = await openAxonStage(parts);
}, 1_200_000);
afterAll(() => parts.disposeAsync());

const SUCCESS = { conclusion: "success", errors: [] };

/** The validators' images, as they run. */
async function tags(): Promise<string[]> {
  const pods = await stage.cluster.api.list("/api/v1/namespaces/axon/pods");
  return pods.map(({ spec }) => spec.containers[0].image.split(":")[1]).sort();
}

type Result = Awaited<ReturnType<typeof stage.release>>;

const summaryOf = (result: Result, job: string) =>
  result
    .job(job)
    .steps.map(({ summary }) => summary)
    .join("");

const five = (tag: string) => Array(5).fill(tag);

test("what the plan finds in the way fails the run before anybody is asked to approve", async () => {
  const { api } = stage.cluster;
  const budgets = "/apis/policy/v1/namespaces/axon/poddisruptionbudgets";
  await api.create(budgets, {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "axon-validators" },
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: "by-hand" } } },
  });

  const result = await stage.release("v0.3.1");
  await api.delete(`${budgets}/axon-validators`);

  const { conclusion, errors } = ending(result);
  expect(conclusion).toBe("failure");
  expect(errors.join()).toContain("The plan's summary says what is in the way");
  expect(summaryOf(result, "axon / Plan")).toContain("PodDisruptionBudget axon-validators");
  expect(result.job("axon / Apply").conclusion).toBe("skipped");
}, 300_000);

test("a chain is installed, and makes blocks", async () => {
  const result = await stage.release("v0.3.1");

  expect(ending(result)).toEqual(SUCCESS);
  expect(result.job("axon / Plan").outputs).toEqual({ "can-apply": "true" });
  expect(result.job("axon / Apply").outputs).toMatchObject({ outcome: "done", version: "v0.3.1" });
  expect(await tags()).toEqual(five("v0.3.1"));
}, 300_000);

test("an upgrade replaces one validator after the other", async () => {
  const result = await stage.release("v0.3.2");

  expect(ending(result)).toEqual(SUCCESS);
  expect(summaryOf(result, "axon / Plan")).toContain("v0.3.1 → v0.3.2");
  expect(summaryOf(result, "axon / Apply")).toContain("## Rolled out");
  expect(await tags()).toEqual(five("v0.3.2"));
}, 300_000);

test("a validator is taken out of the set and into it again, each time behind a plan that only reads", async () => {
  const { validators, cluster } = stage;
  const keys = validators.map(({ publicKey }) => publicKey);

  const smaller = await stage.changeSet(validators.slice(0, 4));
  const whole = await stage.changeSet(validators);

  expect([ending(smaller), ending(whole)]).toEqual([SUCCESS, SUCCESS]);
  expect(changesIn(smaller)).toMatchObject([{ kind: "remove", publicKey: keys[4] }]);
  expect(changesIn(whole)).toMatchObject([{ kind: "add", publicKey: keys[4] }]);
  expect(votersIn(smaller)).toEqual(keys.slice(0, 4).sort());
  expect(votersIn(whole)).toEqual([...keys].sort());
  const reader = cluster.gate.requests().filter(({ user }) => user.includes("plan-governance"));
  const verbs = new Set(reader.map(({ verb, resource }) => `${verb} ${resource}`));
  expect(verbs).toContain("list statefulsets");
  expect([...verbs].filter((one) => !/^(get|list) |portforward$/.test(one))).toEqual([]);
}, 300_000);

const changesIn = (result: Result) =>
  JSON.parse(result.job("axon / Plan").outputs.changes ?? "null");

const votersIn = (result: Result): string[] =>
  JSON.parse(result.job("axon / Apply").outputs.validators ?? "[]").sort();

test("a version that crashes is taken back: the job fails, and its summary says so", async () => {
  const result = await stage.release("v0.3.3");

  const { conclusion, errors } = ending(result);
  expect(conclusion).toBe("failure");
  expect(errors).toEqual([expect.stringMatching(/^Taken back\.\n[\s\S]*CrashLoopBackOff/)]);
  expect(summaryOf(result, "axon / Apply")).toContain("## Taken back");
  expect(result.job("axon / Apply").outputs).toMatchObject({ outcome: "taken-back" });
  expect(await tags()).toEqual(five("v0.3.2"));
}, 300_000);

test("a role that the cluster does not know is told the line that lets it in", async () => {
  const { world, roles } = stage;
  world.aws.revokeAccess(CLUSTER, roles.apply);

  const { conclusion, errors } = ending(await stage.release("v0.3.1"));

  const line =
    `aws eks create-access-entry --cluster-name ${CLUSTER} --region ${world.aws.region} ` +
    `--principal-arn ${roles.apply} --kubernetes-groups ${groupOf("axon")}`;
  expect(conclusion).toBe("failure");
  expect(errors).toEqual([expect.stringContaining(line)]);
  expect(await tags()).toEqual(five("v0.3.2"));
}, 300_000);

test("no key has signed twice, and nothing that any run left holds a token or a session", async () => {
  const { world, cluster, pods, runs } = stage;

  expect((await pods.signatures()).equivocations()).toEqual([]);
  const secrets = () => [...world.secrets(), ...cluster.secrets()];
  expect(await leaksOf({ world: { ...world, secrets }, runs })).toEqual([]);
});
