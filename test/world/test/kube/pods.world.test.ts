import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  BEHAVIOUR,
  type Cluster,
  type KubeObject,
  READY_AFTER,
  startCluster,
  until,
} from "@playbook/world";
import { PODS, pod } from "./manifests.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 1_200_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

async function statusOnce(name: string, so: (status: KubeObject["status"]) => boolean) {
  return until(async () => {
    const { status } = await cluster.api.get(`${PODS}/${name}`);
    return so(status) && status;
  });
}

const make = (name: string, annotations: Record<string, string>) =>
  cluster.api.create(PODS, pod(name, { metadata: { name, annotations } }));

test("a pod is ready when its annotation says so, no sooner than that", async () => {
  await make("late", { [READY_AFTER]: "3s" });

  const { conditions } = await statusOnce("late", ({ phase }) => phase === "Running");

  const at = (type: string) => {
    const found = conditions.find((it: { type: string }) => it.type === type);
    return Date.parse(found.lastTransitionTime);
  };
  expect(at("Ready") - at("PodScheduled")).toBeGreaterThanOrEqual(2_000);
});

test("a pod that is never to be ready runs", async () => {
  await make("stuck", { [BEHAVIOUR]: "never-ready" });

  const { containerStatuses } = await statusOnce("stuck", ({ phase }) => phase === "Running");

  expect(containerStatuses[0]).toMatchObject({ ready: false, restartCount: 0 });
});

test("a pod that crashes waits to be started once more", async () => {
  await make("crashing", { [BEHAVIOUR]: "crash-loop" });

  const { containerStatuses } = await statusOnce("crashing", ({ phase }) => phase === "Running");

  expect(containerStatuses[0]).toMatchObject({
    ready: false,
    restartCount: 3,
    state: { waiting: { reason: "CrashLoopBackOff" } },
    lastState: { terminated: { exitCode: 1 } },
  });
});

test("a pod whose image cannot be had is pending, and says why", async () => {
  await make("pulling", { [BEHAVIOUR]: "cannot-pull" });

  const status = await statusOnce("pulling", (it) => it.containerStatuses !== undefined);

  expect(status.phase).toBe("Pending");
  expect(status.containerStatuses[0].state.waiting.reason).toBe("ImagePullBackOff");
});

test("a pod of an image of Axon's is left alone, and so is its end", async () => {
  const image = "registry.example/axon:v0.3.1";
  const spec = { containers: [{ name: "axon", image }] };
  await cluster.api.create(PODS, pod("validator", { spec }));
  await make("other", {});
  await statusOnce("other", ({ phase }) => phase === "Running");

  const { status, spec: placed } = await cluster.api.get(`${PODS}/validator`);
  expect(placed.nodeName).toMatch(/^node-/);
  expect(status).toMatchObject({ phase: "Pending" });
  expect(status.containerStatuses).toBeUndefined();

  await cluster.api.delete(`${PODS}/validator`);
  await cluster.api.delete(`${PODS}/other`);
  await until(async () => !(await cluster.api.find(`${PODS}/other`)));
  expect((await cluster.api.get(`${PODS}/validator`)).metadata.deletionTimestamp).toBeDefined();
});

test("a job's pod completes, or fails when it is told to", async () => {
  const job = (name: string, annotations: object) => ({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { annotations },
        spec: { restartPolicy: "Never", containers: [{ name: "main", image: "busybox:1" }] },
      },
    },
  });
  const jobs = "/apis/batch/v1/namespaces/default/jobs";
  await cluster.api.create(jobs, job("good", {}));
  await cluster.api.create(jobs, job("bad", { [BEHAVIOUR]: "fails" }));

  const outcome = (name: string) =>
    until(async () => {
      const { status } = await cluster.api.get(`${jobs}/${name}`);
      const conditions: { type: string }[] = status.conditions ?? [];
      return conditions.map(({ type }) => type).find((it) => it === "Complete" || it === "Failed");
    });
  expect([await outcome("good"), await outcome("bad")]).toEqual(["Complete", "Failed"]);
});

test("logs, exec and port-forward reach a pod by what KWOK is told of it", async () => {
  await make("talks", {});
  await statusOnce("talks", ({ phase }) => phase === "Running");
  const logsFile = join(cluster.dir, "talks.log");
  await writeFile(logsFile, "2026-11-27T00:00:00.000000000Z stdout F a line\n");
  const kwok = (kind: string, plural: string, spec: object) =>
    cluster.api.create(`/apis/kwok.x-k8s.io/v1alpha1/namespaces/default/${plural}`, {
      apiVersion: "kwok.x-k8s.io/v1alpha1",
      kind,
      metadata: { name: "talks" },
      spec,
    });
  await kwok("Logs", "logs", { logs: [{ containers: ["main"], logsFile }] });
  await kwok("Exec", "execs", { execs: [{ containers: ["main"], local: { workDir: "/" } }] });

  // KWOK learns of both by and by.
  const said = (args: string[]) => until(() => cluster.kubectl(args).catch(() => undefined));
  expect(await said(["logs", "talks"])).toBe("a line\n");
  expect(await said(["exec", "talks", "--", "echo", "hello"])).toBe("hello\n");
});
