import { type Cluster, type Pods, startCluster, startPods } from "@playbook/world";
import { type AxonChain, newChain } from "./axon-chain.ts";
import { refusing } from "./policy.ts";

const NAMESPACE = "five";
const OLD = "v0.3.1";
const NEW = "v0.3.2";

let cluster: Cluster;
let pods: Pods;
let chain: AxonChain;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, {
    tags: {
      [OLD]: {},
      [NEW]: {},
      "v0.3.3-silent": { silent: true },
      "v0.3.3-crash": { crashAfterMs: 200 },
      "v0.3.3-refusing": { refusesFrom: 1 },
    },
  });
  chain = await newChain(cluster, NAMESPACE);
  const { report } = await chain.roll({});
  expect(report.outputs).toMatchObject({ outcome: "done" });
}, 1_200_000);
afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

async function tags(): Promise<string[]> {
  const found = await cluster.api.list(`/api/v1/namespaces/${NAMESPACE}/pods`);
  return found.map(({ spec }) => spec.containers[0].image.split(":")[1]).sort();
}

async function budget() {
  const path = `/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets/axon-validators`;
  return (await cluster.api.get(path)).spec.maxUnavailable;
}

/** The nodes' configurations, each of a revision. */
function files() {
  const labels = "app.kubernetes.io/component%3Dfiles";
  return cluster.api.list(`/api/v1/namespaces/${NAMESPACE}/configmaps?labelSelector=${labels}`);
}

/** Labels of Helm's newest record. */
async function newest() {
  const records = await cluster.api.list(
    `/api/v1/namespaces/${NAMESPACE}/configmaps?labelSelector=owner%3Dhelm`,
  );
  const labels = records.map(({ metadata }) => metadata.labels ?? {});
  return labels.sort((a, b) => Number(a.version) - Number(b.version)).at(-1);
}

const SETS = `/apis/apps/v1/namespaces/${NAMESPACE}/statefulsets`;

/** What the sets are to run. */
async function images(): Promise<string[]> {
  const sets = await cluster.api.list(SETS);
  return sets.map(({ spec }) => spec.template.spec.containers[0].image.split(":")[1]);
}

/** A set whose image nobody may change, which a dry run does not tell. */
function keepImage(name: string, tag: string): Promise<AsyncDisposable> {
  const mark = (probe: string | null) =>
    cluster.api.patch(`${SETS}/${name}`, { metadata: { labels: { probe } } });
  return refusing(cluster, {
    rule: { apiGroups: ["apps"], resources: ["statefulsets"], operations: ["UPDATE"] },
    passes: [
      `request.dryRun || request.name != "${name}" || "probe" in oldObject.metadata.labels`,
      `object.spec.template.spec.containers[0].image.endsWith(":${tag}") && ` +
        `!("probe" in object.metadata.labels)`,
    ].join(" || "),
    message: "It keeps its image.",
    probe: () => mark("1").then(() => mark(null)),
  });
}

/** No pod of that version is let in any more. */
function keepOut(tag: string): Promise<AsyncDisposable> {
  const containers = [{ name: "axon", image: `registry.example/axon:${tag}` }];
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "probe" }, spec: { containers } };
  return refusing(cluster, {
    rule: { apiGroups: [""], resources: ["pods"], operations: ["CREATE"] },
    passes: `!object.spec.containers[0].image.endsWith(":${tag}")`,
    message: "It is not let in.",
    probe: () => cluster.api.create("/api/v1/namespaces/default/pods?dryRun=All", pod as never),
  });
}

const five = (tag: string) => Array(5).fill(tag);

/** One chain: whoever goes back, goes back to what the first rollout has left. */
describe("a chain of five", () => {
  test("is upgraded one validator at a time, and makes blocks throughout", async () => {
    const values = { image: { tag: NEW }, config: { web3: { maxGasCap: 40_000_000 } } };
    const { report, said } = await chain.roll(values);

    expect(report).toMatchObject({ outputs: { outcome: "done", version: NEW } });
    expect(report.failure).toBeUndefined();
    expect(await tags()).toEqual(five(NEW));
    expect(said.filter((line) => line.endsWith("is let go."))).toHaveLength(5);
    expect(await budget()).toBe(1);
    expect(await files()).toHaveLength(1);
    const again = await chain.roll(values);
    expect(again.said.filter((line) => line.endsWith("is let go."))).toEqual([]);
    expect(again.report.outputs).toMatchObject({ outcome: "done" });
  }, 400_000);

  test("is not touched by what the API server refuses: it is asked before Helm is", async () => {
    const [name, value] = ["HOST", "x"];
    const fieldRef = { fieldPath: "metadata.name" };
    const refused = chain.roll({ validator: { env: [{ name, value, valueFrom: { fieldRef } }] } });

    await expect(refused).rejects.toMatchObject({
      code: "preflight-failed",
      why: expect.stringMatching(/StatefulSet axon-v0: The API server refuses it: .*valueFrom/),
    });
    expect(await newest()).toMatchObject({ status: "deployed" });
    expect(await tags()).toEqual(five(NEW));
  }, 400_000);

  test("is not touched where the pods of the new revision would be let in nowhere", async () => {
    const changes = { priority: { create: false, className: "nope" } };

    await expect(chain.roll(changes)).rejects.toMatchObject({
      code: "preflight-failed",
      why: expect.stringContaining("There is no PriorityClass nope"),
    });
    expect(await tags()).toEqual(five(NEW));
  }, 400_000);

  test("is as it was where Helm fails all the same, and none is let go for it", async () => {
    await using _ = await keepImage("axon-v3", NEW);

    const { report, said } = await chain.roll({ image: { tag: "v0.3.9" } });

    expect(report).toMatchObject({
      outputs: { outcome: "taken-back" },
      failure: { code: "rollout-taken-back", why: expect.stringContaining("keeps its image") },
    });
    expect(said.filter((line) => line.endsWith("is let go."))).toEqual([]);
    expect(await newest()).toMatchObject({ status: "deployed" });
    expect(await images()).toEqual(five(NEW));
    expect(await tags()).toEqual(five(NEW));
    expect(await budget()).toBe(1);
  }, 400_000);

  test("goes back when its pod is let in no more, and says whose words keep it out", async () => {
    await using _ = await keepOut("v0.3.9");

    const { report } = await chain.roll({ image: { tag: "v0.3.9" } });

    expect(report).toMatchObject({
      outputs: { outcome: "taken-back" },
      failure: { why: expect.stringMatching(/axon-v0-0: It is not made\. .*It is not let in/) },
    });
    expect(report.summary).toMatch(/FailedCreate: create Pod axon-v0-0/i);
    expect(await tags()).toEqual(five(NEW));
  }, 400_000);

  test("goes back when an image is not to be had", async () => {
    const { report } = await chain.roll({ image: { tag: "v0.3.9" } });

    expect(report).toMatchObject({
      outputs: { outcome: "taken-back" },
      failure: {
        code: "rollout-taken-back",
        why: expect.stringMatching(/ErrImagePull|ImagePullBackOff/),
      },
    });
    expect(report.summary).toContain("Failed to pull image");
    expect(await tags()).toEqual(five(NEW));
    expect(await budget()).toBe(1);
  }, 400_000);

  test("goes back when the third validator crashes again and again", async () => {
    pods.tag("v0.3.3-third", {});
    const timer = setInterval(async () => {
      const seen = await tags();
      const changed = seen.filter((tag) => tag === "v0.3.3-third").length;
      if (changed >= 2) pods.tag("v0.3.3-third", { crashAfterMs: 100 });
    }, 50);

    const { report } = await chain.roll({ image: { tag: "v0.3.3-third" } });
    clearInterval(timer);

    expect(report).toMatchObject({
      outputs: { outcome: "taken-back" },
      failure: { why: expect.stringContaining("CrashLoopBackOff") },
    });
    expect(await tags()).toEqual(five(NEW));
  }, 400_000);

  test("goes back from a version that is Ready, in step, and does not vote", async () => {
    const changes = { validatorTimeout: 15_000 };
    const { report } = await chain.roll({ image: { tag: "v0.3.3-silent" } }, changes);

    expect(report).toMatchObject({
      outputs: { outcome: "taken-back" },
      failure: { why: expect.stringContaining("does not vote again after 15 s") },
    });
    expect(await tags()).toEqual(five(NEW));
  }, 400_000);
});

test("a chain is rolled out though its node without a vote finds no room, and that is said", async () => {
  const [resources, autoscaling] = [{ requests: { cpu: "900" } }, { enabled: false }];
  const rpc = { enabled: true, replicas: 1, autoscaling, resources };

  const { report, warnings } = await chain.roll({ image: { tag: NEW }, rpc }, { patience: 20_000 });

  expect(report.outputs).toMatchObject({ outcome: "done" });
  expect(report.summary).toContain("this is not up: StatefulSet axon-rpc.");
  expect(report.summary).toContain("Of 1 pods 0 are ready");
  expect(warnings.join("\n")).toContain("pod axon-rpc-0: None of the");
}, 400_000);

test("no key has ever signed two blocks at one height", async () => {
  const signatures = await pods.signatures();

  expect(signatures.votes().length).toBeGreaterThan(100);
  expect(signatures.equivocations()).toEqual([]);
  expect(signatures.usedTwice()).toEqual([]);
});
