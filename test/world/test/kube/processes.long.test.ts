import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Cluster,
  clientsFolder,
  type KubeObject,
  type Pods,
  startCluster,
  startPods,
  until,
} from "@playbook/world";
import { PODS } from "./manifests.ts";

let cluster: Cluster;
let pods: Pods;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, { tags: { v1: {} } });
}, 1_200_000);
afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

const IMAGE = "registry.example/axon:v1";

/** A pod whose one container runs a shell's script. */
const make = (name: string, script: string, more: { container?: object; spec?: object } = {}) => {
  const container = {
    name: "main",
    image: IMAGE,
    command: ["sh", "-c", script],
    ...more.container,
  };
  return cluster.api.create(PODS, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { name } },
    spec: { terminationGracePeriodSeconds: 2, containers: [container], ...more.spec },
  });
};

const becomes = (name: string, so: (status: KubeObject["status"]) => boolean) =>
  until(async () => {
    const pod = await cluster.api.find(`${PODS}/${name}`);
    return pod !== undefined && so(pod.status) && pod;
  });

const main = (status: KubeObject["status"]) => status.containerStatuses?.[0];

const eventsOf = async (name: string) => {
  const events = await cluster.api.list("/api/v1/namespaces/default/events");
  return events.filter(({ involvedObject }) => involvedObject.name === name);
};

const logOf = (name: string, ...flags: string[]) => cluster.kubectl(["logs", name, ...flags]);

test("a pod that has done its work has succeeded, and its log stays", async () => {
  const env = [
    { name: "WHO", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    { name: "SAID", value: "I am $(WHO)" },
  ];
  await make("done", 'echo "$SAID"', { container: { env }, spec: { restartPolicy: "Never" } });

  await becomes("done", ({ phase }) => phase === "Succeeded");

  expect(await logOf("done")).toBe("I am done\n");
  const reasons = (await eventsOf("done")).map(({ reason }) => reason);
  expect(reasons).toEqual(expect.arrayContaining(["Scheduled", "Pulled", "Created", "Started"]));
});

test("one that fails has failed, with its exit code", async () => {
  const container = { terminationMessagePolicy: "FallbackToLogsOnError" };
  await make("failing", "echo why; exit 7", { container, spec: { restartPolicy: "Never" } });

  const { status } = await becomes("failing", ({ phase }) => phase === "Failed");

  expect(main(status).state.terminated).toMatchObject({
    exitCode: 7,
    reason: "Error",
    message: "why\n",
  });
});

test("one that crashes is started again, later each time, and says what it said before", async () => {
  const phases = new Set<string>();
  const stop = cluster.api.watch(PODS, {
    onSeen: ({ metadata: { name }, status }) => name === "crashing" && phases.add(status.phase),
  });
  await make("crashing", "echo attempt; exit 3");

  const { status } = await becomes("crashing", (now) => main(now)?.restartCount >= 2);

  expect([...phases]).toEqual(["Pending", "Running"]);
  stop();
  expect(main(status).lastState.terminated.exitCode).toBe(3);
  await becomes("crashing", (now) => main(now).state.waiting?.reason === "CrashLoopBackOff");
  expect(await logOf("crashing", "--previous")).toBe("attempt\n");
  const events = await eventsOf("crashing");
  expect(events.some(({ reason, type }) => reason === "BackOff" && type === "Warning")).toBe(true);
});

test("a pod whose init container fails waits, and is not given up", async () => {
  const phases = new Set<string>();
  const stop = cluster.api.watch(PODS, {
    onSeen: ({ metadata: { name }, status }) => name === "beginning" && phases.add(status.phase),
  });
  const command = ["sh", "-c", "exit 4"];
  await make("beginning", "sleep 100", {
    spec: { initContainers: [{ name: "init", image: IMAGE, command }] },
  });

  await becomes("beginning", ({ initContainerStatuses: [init] = [] }) => init?.restartCount >= 2);

  expect([...phases]).toEqual(["Pending"]);
  stop();
});

test("an image that does not exist is awaited, and pulled once it does", async () => {
  await make("early", "sleep 100", { container: { image: "registry.example/axon:v2" } });
  await becomes("early", (now) => main(now)?.state.waiting?.reason === "ErrImagePull");
  await becomes("early", (now) => main(now)?.state.waiting?.reason === "ImagePullBackOff");

  pods.tag("v2", {});

  await becomes("early", (now) => main(now)?.ready);
});

test("a volume that is not there yet is awaited", async () => {
  const volumes = [{ name: "later", configMap: { name: "later" } }];
  const volumeMounts = [{ name: "later", mountPath: "/later" }];
  const spec = { volumes, restartPolicy: "Never" };
  await make("waiting", "cat /later/file", { container: { volumeMounts }, spec });
  await until(async () =>
    (await eventsOf("waiting")).some(({ reason }) => reason === "FailedMount"),
  );

  await cluster.kubectl(["create", "configmap", "later", "--from-literal=file=here"]);

  await becomes("waiting", ({ phase }) => phase === "Succeeded");
  expect(await logOf("waiting")).toContain("here");
});

test("probes decide over readiness, and over restarts", async () => {
  await make("probed", "touch /tmp/alive; sleep 100", {
    container: {
      startupProbe: { exec: { command: ["cat", "/tmp/alive"] }, periodSeconds: 1 },
      readinessProbe: {
        exec: { command: ["cat", "/tmp/ready"] },
        periodSeconds: 1,
        failureThreshold: 1,
      },
      livenessProbe: {
        exec: { command: ["cat", "/tmp/alive"] },
        periodSeconds: 1,
        failureThreshold: 2,
      },
    },
  });
  await becomes("probed", ({ phase }) => phase === "Running");
  await until(async () => (await eventsOf("probed")).some(({ reason }) => reason === "Unhealthy"));
  expect(main((await becomes("probed", () => true)).status).ready).toBe(false);

  await pods.exec("default/probed", "main", ["touch", "/tmp/ready"]);
  await becomes("probed", (now) => main(now).ready);
  await pods.exec("default/probed", "main", ["rm", "/tmp/alive"]);

  const { status } = await becomes("probed", (now) => main(now).restartCount === 1);
  expect(main(status).lastState.terminated?.exitCode).toBe(137);
});

test("a root that cannot be written, another user, a group for its files", async () => {
  await cluster.kubectl(["create", "secret", "generic", "key", "--from-literal=key=s3cret"]);
  const script =
    "id -u; touch /file || echo sealed; stat -c '%a %g' -L " +
    "/keys/key; cat /keys/key; ls /proc | head -1";
  await make("sealed", script, {
    container: {
      securityContext: { readOnlyRootFilesystem: true },
      volumeMounts: [{ name: "key", mountPath: "/keys" }],
    },
    spec: {
      restartPolicy: "Never",
      securityContext: { runAsUser: 1234, runAsGroup: 1234, fsGroup: 4321 },
      volumes: [{ name: "key", secret: { secretName: "key", defaultMode: 0o400 } }],
    },
  });
  await becomes("sealed", ({ phase }) => phase !== "Pending" && phase !== "Running");

  const lines = (await logOf("sealed")).split("\n");
  expect(lines).toEqual(expect.arrayContaining(["1234", "sealed", "440 4321", "s3cret1"]));
});

test("SIGTERM ends what listens to it; a shell before it does not, and is killed", async () => {
  await make("listening", "trap 'exit 0' TERM; while :; do sleep 0.1; done");
  await make("deaf", "sleep 100; true");
  for (const name of ["listening", "deaf"]) await becomes(name, (now) => main(now)?.ready);

  const last = new Map<string, number>();
  const stop = cluster.api.watch(PODS, {
    onSeen: ({ metadata: { name }, status }) => {
      const ended = main(status)?.state.terminated;
      if (ended) last.set(name, ended.exitCode);
    },
  });
  await cluster.kubectl(["delete", "pod", "listening", "deaf"]);

  expect([last.get("listening"), last.get("deaf")]).toEqual([0, 137]);
  stop();
});

test("a port is reached by kubectl port-forward", async () => {
  const server = `import os, http.server
http.server.HTTPServer((os.environ["WORLD_POD_IP"], 8000), http.server.SimpleHTTPRequestHandler).serve_forever()`;
  await make("serving", "", {
    container: { command: ["python3", "-c", server], ports: [{ containerPort: 8000 }] },
  });
  await becomes("serving", (now) => main(now)?.ready);
  const kubectl = spawn(`${await clientsFolder()}/kubectl`, ["port-forward", "serving", ":8000"], {
    env: {
      PATH: process.env.PATH,
      HOME: cluster.dir,
      KUBECONFIG: await cluster.kubeconfig({ name: "me", groups: ["system:masters"] }),
    },
  });
  let said = "";
  kubectl.stdout.on("data", (data) => {
    said += data;
  });
  const port = await until(async () => /127\.0\.0\.1:(\d+)/.exec(said)?.[1]);

  const answer = await until(async () => {
    const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    return response?.status === 200 && (await response.text());
  });

  expect(answer).toContain("Directory listing");
  kubectl.kill();
  await once(kubectl, "exit");
});

test("a node that is drained gives its pods up, one that is lost takes them along", async () => {
  await cluster.api.create("/apis/apps/v1/namespaces/default/statefulsets", {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "moving" },
    spec: {
      replicas: 1,
      serviceName: "none",
      selector: { matchLabels: { app: "moving" } },
      template: {
        metadata: { labels: { app: "moving" } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [{ name: "main", image: IMAGE, command: ["sleep", "1000"] }],
        },
      },
    },
  });
  const first = await becomes("moving-0", (now) => main(now)?.ready);
  const replaced = (uid?: string) =>
    until(async () => {
      const pod = await cluster.api.find(`${PODS}/moving-0`);
      return pod !== undefined && pod.metadata.uid !== uid && main(pod.status)?.ready && pod;
    });

  const drain = ["--ignore-daemonsets", "--delete-emptydir-data", "--force"];
  await cluster.kubectl(["drain", first.spec.nodeName, ...drain]);
  const second = await replaced(first.metadata.uid);
  expect(second.spec.nodeName).not.toBe(first.spec.nodeName);

  await pods.loseNode(second.spec.nodeName);
  const third = await replaced(second.metadata.uid);

  expect([first.spec.nodeName, second.spec.nodeName]).not.toContain(third.spec.nodeName);
});

test("what runs goes on while the API server is away", async () => {
  await make("steady", "while :; do echo tick; sleep 0.2; done");
  await becomes("steady", (now) => main(now)?.ready);
  await cluster.down();
  await sleep(1_500);
  await cluster.up();

  const { status } = await becomes("steady", () => true);

  expect(main(status).restartCount).toBe(0);
  await until(async () => (await logOf("steady")).split("tick").length > 5);
});
