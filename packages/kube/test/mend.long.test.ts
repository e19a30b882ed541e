import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, type SeenRequest, startCluster } from "@playbook/world";
import {
  type Driver,
  findRelease,
  isPending,
  type KubeClient,
  kubeconfigFile,
  lastGood,
  mendRelease,
  type Release,
  statefulSets,
} from "../src/index.ts";
import { writeChart } from "./charts.ts";
import { helmFor, helmProgram, type Major, newNamespace } from "./helm-place.ts";
import { connectionFor } from "./place.ts";

let cluster: Cluster;
let folder: string;
let chart: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "playbook-charts-"));
  [cluster, chart] = await Promise.all([startCluster(), writeChart(folder)]);
}, 1_200_000);
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

type Operation = "install" | "upgrade" | "rollback";

/** A write of Helm's, counted from 0 on, and on which side of its effect Helm dies. */
type Death = { write: number; phase: "before" | "after" };

const VICTIM = { name: "victim", groups: ["system:masters"] };

function commandOf(operation: Operation, { name, namespace }: Release): string[] {
  const place = [name, "--namespace", namespace];
  if (operation === "rollback") return ["rollback", name, "1", "--namespace", namespace];
  const tag = operation === "install" ? [] : ["--set-string", "tag=2"];
  return ["upgrade", "--install", ...place.slice(0, 1), chart, ...place.slice(1), ...tag];
}

/** Runs Helm and ends it with SIGKILL there; whether it came so far. */
async function runAndKill(
  major: Major,
  driver: Driver,
  args: string[],
  { write, phase }: Death,
): Promise<boolean> {
  await using kubeconfig = await kubeconfigFile(await connectionFor(cluster, VICTIM));
  let writes = -1;
  let killed = false;
  let child: ChildProcess | undefined;
  const counted = new Map<SeenRequest, number>();
  const stop = cluster.gate.onRequest(async (when, request) => {
    const reads = ["get", "list", "watch"].includes(request.verb);
    if (request.user !== VICTIM.name || reads || !child) return;
    if (when === "before") counted.set(request, ++writes);
    if (counted.get(request) !== write || when !== phase) return;
    killed = true;
    child.kill("SIGKILL");
    await once(child, "exit");
    // Who throws here keeps the request from the API server.
    if (when === "before") throw new Error("never sent");
  });
  child = spawn(await helmProgram(major), args, {
    env: { PATH: "/usr/bin:/bin", HOME: folder, KUBECONFIG: kubeconfig.path, HELM_DRIVER: driver },
    stdio: "ignore",
  });
  await once(child, "close");
  stop();
  return killed;
}

async function imageOf(client: KubeClient, { namespace }: Release): Promise<string | undefined> {
  const set = await client.find({ resource: statefulSets, namespace, name: "held" });
  return set?.spec.template.spec.containers[0]?.image;
}

const FIRST: Record<Operation, string[]> = { install: [], upgrade: ["1"], rollback: ["1", "2"] };

const sweeps = ([3, 4] as const).flatMap((major) =>
  (["install", "upgrade", "rollback"] as const).map((operation) => ({ major, operation })),
);

test.each(sweeps)(
  "Helm $major killed at any write of its $operation leaves a release that goes on",
  async ({ major, operation }) => {
    // Both stores, one for each half of the deaths.
    let came = true;
    let pending = 0;
    for (let write = 0; came; write += 1) {
      for (const phase of ["before", "after"] as const) {
        const driver: Driver = phase === "before" ? "secret" : "configmap";
        const { client, context, ...place } = await helmFor(cluster, major, driver);
        await using helm = place.helm;
        const release = { name: "held", namespace: await newNamespace(cluster, "kill") };
        for (const tag of FIRST[operation]) {
          await helm.upgrade({ ...release, chart, values: [{ tag }] });
        }
        came = await runAndKill(major, driver, commandOf(operation, release), { write, phase });
        if (!came) break;

        const before = await imageOf(client, release);
        const good = lastGood(await findRelease(client, release))?.revision;
        const mended = await mendRelease(client, { release, deadAfterMs: 0, context });
        expect(await imageOf(client, release)).toBe(before);
        if (mended) pending += 1;
        const after = await findRelease(client, release);
        expect(after.filter(isPending)).toEqual([]);
        expect(await mendRelease(client, { release, deadAfterMs: 0, context })).toBeUndefined();

        if (good !== undefined && mended) {
          await helm.rollback(release, good);
          const tag = FIRST[operation][good - 1];
          expect(await imageOf(client, release)).toBe(`registry.example/web:${tag}`);
        }
        await helm.upgrade({ ...release, chart, values: [{ tag: "3" }] });
        expect(await imageOf(client, release)).toBe("registry.example/web:3");
        expect((await findRelease(client, release)).at(-1)?.status).toBe("deployed");
      }
    }
    expect(pending).toBeGreaterThanOrEqual(3);
  },
  300_000,
);

test("an API server that goes away in the middle leaves a release that goes on", async () => {
  const { client, context, ...place } = await helmFor(cluster, 4);
  await using helm = place.helm;
  const release = { name: "held", namespace: await newNamespace(cluster, "away") };
  await helm.upgrade({ ...release, chart });
  const stop = cluster.gate.onRequest(async (phase, { verb, namespace }) => {
    const changes = verb === "patch" && namespace === release.namespace;
    if (changes && phase === "after") await cluster.gate.close();
  });

  const cut = helm.upgrade({ ...release, chart, values: [{ tag: "2" }] });
  await expect(cut).rejects.toMatchObject({ code: "helm-failed" });
  stop();
  await cluster.gate.open();

  // Whose Helm it was knows that it has ended.
  const mended = await mendRelease(client, { release, deadAfterMs: 0, context });
  expect(mended?.status).toBe("pending-upgrade");
  await helm.upgrade({ ...release, chart, values: [{ tag: "3" }] });
  expect(await imageOf(client, release)).toBe("registry.example/web:3");
});

test("a Helm that may still live is waited for, and one that finishes is not touched", async () => {
  const { client, context, ...place } = await helmFor(cluster, 4);
  await using helm = place.helm;
  const release = { name: "held", namespace: await newNamespace(cluster, "alive") };
  await helm.upgrade({ ...release, chart });
  const match = { verb: "patch", resource: "statefulsets", namespace: release.namespace };
  const held = cluster.gate.fault({ do: "hold", match });
  const upgrading = helm.upgrade({ ...release, chart, values: [{ tag: "2" }] });
  while (held.hits === 0) await new Promise((resolve) => setTimeout(resolve, 20));

  let looks = 0;
  const watched = {
    ...context,
    progress: () => {
      looks += 1;
      if (looks === 2) held.release();
    },
  };
  const mended = await mendRelease(client, { release, context: watched });
  await upgrading;

  expect(mended).toBeUndefined();
  expect((await findRelease(client, release)).at(-1)?.status).toBe("deployed");
});
