import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import {
  type Cluster,
  type Pods,
  startCluster,
  startPods,
  temporaryFolder,
  until,
} from "@playbook/world";
import { root } from "../../../scripts/tools.ts";
import { newChain } from "./axon-chain.ts";
import { oneSetChain } from "./one-set-chain.ts";

let cluster: Cluster;
let pods: Pods;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, { tags: { "v0.3.1": {}, "v0.3.2": {} } });
}, 1_200_000);
afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

const gone = (said: string[]) =>
  said.filter((line) => line.endsWith("is let go.")).map((line) => line.split(" ")[0]);

async function tagsIn(namespace: string): Promise<string[]> {
  const found = await cluster.api.list(`/api/v1/namespaces/${namespace}/pods`);
  return found.map(({ spec }) => spec.containers[0].image.split(":")[1]).sort();
}

describe("a chart with one set for four validators", () => {
  test("is rolled out from the last pod to the first, and taken back from the one that fails", async () => {
    const chain = await oneSetChain(cluster, "hand-made", 4);
    const created = await chain.roll("v0.3.1");
    expect(created.report.outputs).toMatchObject({ outcome: "done" });
    expect(created.warnings.join("\n")).toContain("each can read the keys of all");
    expect(created.warnings.join("\n")).toContain("Nothing keeps two of them from being evicted");

    const upgraded = await chain.roll("v0.3.2");

    expect(upgraded.report.outputs).toMatchObject({ outcome: "done", version: "v0.3.2" });
    expect(gone(upgraded.said)).toEqual(["chain-3", "chain-2", "chain-1", "chain-0"]);
    expect(await tagsIn("hand-made")).toEqual(Array(4).fill("v0.3.2"));

    pods.tag("v0.3.3", {});
    const timer = setInterval(async () => {
      const changed = (await tagsIn("hand-made")).filter((tag) => tag === "v0.3.3");
      if (changed.length >= 1) pods.tag("v0.3.3", { crashAfterMs: 100 });
    }, 50);
    const broken = await chain.roll("v0.3.3");
    clearInterval(timer);

    expect(broken.report).toMatchObject({
      outputs: { outcome: "taken-back" },
      failure: { code: "rollout-taken-back", why: expect.stringContaining("CrashLoopBackOff") },
    });
    expect(await tagsIn("hand-made")).toEqual(Array(4).fill("v0.3.2"));
    const signatures = await pods.signatures();
    expect(signatures.equivocations()).toEqual([]);
    expect(signatures.usedTwice()).toEqual([]);
  }, 300_000);
});

describe("a chart whose budget says how many stay", () => {
  const budget = async () => {
    const path = "/apis/policy/v1/namespaces/staying/poddisruptionbudgets/chain";
    const { minAvailable, maxUnavailable } = (await cluster.api.get(path)).spec;
    return { minAvailable, maxUnavailable };
  };

  test("is taken back, and may say how many go from its next revision on", async () => {
    const chain = await oneSetChain(cluster, "staying", 4, { budget: { minAvailable: "70%" } });
    await chain.roll("v0.3.1");
    pods.tag("v0.3.4", { crashAfterMs: 100 });

    const broken = await chain.roll("v0.3.4");

    expect(broken.report.outputs).toMatchObject({ outcome: "taken-back" });
    expect(await tagsIn("staying")).toEqual(Array(4).fill("v0.3.1"));
    expect(await budget()).toEqual({ minAvailable: "70%", maxUnavailable: undefined });
    const set = { budget: { minAvailable: null, maxUnavailable: 1 } };
    const { report } = await chain.roll("v0.3.2", { set });
    expect(report.outputs).toMatchObject({ outcome: "done" });
    expect(await budget()).toEqual({ minAvailable: undefined, maxUnavailable: 1 });
  }, 300_000);
});

describe("a chart whose set is rendered with partition 0", () => {
  const open = { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } } };
  const holdValues = { updateStrategy: { rollingUpdate: { partition: 5 } } };
  const away = () => {
    let most = 0;
    const timer = setInterval(async () => {
      const all = await cluster.api.list("/api/v1/namespaces/open/pods").catch(() => []);
      const there = all.filter(({ metadata }) => !metadata.deletionTimestamp);
      if (all.length > 0) most = Math.max(most, 5 - there.length);
    }, 50);
    return { most: () => most, [Symbol.dispose]: () => clearInterval(timer) };
  };

  test("is held from its first revision on, or gets one to go back to before it is changed", async () => {
    const chain = await oneSetChain(cluster, "open", 5, open);
    await expect(chain.roll("v0.3.1")).rejects.toMatchObject({
      code: "preflight-failed",
      why: expect.stringContaining("It is rendered with partition 0"),
    });
    const values = ["-f", "-", "--namespace", "open"];
    const env = { HELM_DRIVER: "configmap" };
    const input = JSON.stringify(chain.valuesOf("v0.3.1"));
    await cluster.helm(["install", "chain", chain.chart, ...values], { env, input });
    await until(async () => {
      const all = await cluster.api.list("/api/v1/namespaces/open/pods");
      return all.filter(({ status }) => status?.phase === "Running").length === 5;
    });

    await expect(chain.roll("v0.3.2", { holdValues })).rejects.toMatchObject({
      code: "preflight-failed",
      why: expect.stringContaining("Its last revision renders partition 0"),
      next: expect.stringContaining("nothing else changed"),
    });
    const held = await chain.roll("v0.3.1", { holdValues });
    expect(held.report.outputs).toMatchObject({ outcome: "done" });
    expect(gone(held.said)).toEqual([]);

    pods.tag("v0.3.4", {});
    const timer = setInterval(async () => {
      const changed = (await tagsIn("open")).filter((tag) => tag === "v0.3.4");
      if (changed.length >= 3) pods.tag("v0.3.4", { crashAfterMs: 100 });
    }, 50);
    using watch = away();
    const broken = await chain.roll("v0.3.4", { holdValues });
    clearInterval(timer);

    expect(broken.report.outputs).toMatchObject({ outcome: "taken-back" });
    expect(watch.most()).toBe(1);
    expect(await tagsIn("open")).toEqual(Array(5).fill("v0.3.1"));
  }, 400_000);
});

test("a container beside the node that is never Ready is named, and what follows from it", async () => {
  const script = "trap 'exit 0' TERM; while :; do sleep 1; done";
  const exporter = {
    ...{ name: "exporter", image: "registry.example/exporter:3" },
    command: ["/bin/sh", "-c", script],
    readinessProbe: { exec: { command: ["/bin/false"] } },
  };
  const chain = await oneSetChain(cluster, "unready", 4, { beside: [exporter] });
  await chain.roll("v0.3.1");

  const { report, warnings } = await chain.roll("v0.3.2");

  expect(report.outputs).toMatchObject({ outcome: "done" });
  expect(warnings.join("\n")).toMatch(
    /chain-0 \(exporter\), .*chain keeps the version from before/,
  );
  const planned = await chain.roll("v0.3.3", { mode: "plan" });
  expect(planned.report.outputs.findings).toContainEqual(
    expect.objectContaining({ code: "set-behind", at: "StatefulSet chain" }),
  );
}, 400_000);

/** A server of charts with two versions of ours. */
async function serveCharts(helm: string) {
  await using opening = new AsyncDisposableStack();
  const { path } = opening.use(await temporaryFolder("charts"));
  const chart = join(root, "actions/helm-rollout-axon/chart");
  for (const version of ["8.0.0", "9.0.0"]) {
    const packing = ["package", chart, "--version", version, "--destination", path];
    await promisify(execFile)(helm, packing, { env: { HOME: path } });
  }
  const served = createServer(async (request, response) => {
    const content = await readFile(join(path, basename(request.url ?? ""))).catch(() => "");
    response.writeHead(content === "" ? 404 : 200).end(content);
  });
  opening.defer(() => void served.close());
  await once(served.listen(0, "127.0.0.1"), "listening");
  const { port } = served.address() as AddressInfo;
  const resources = opening.move();
  return {
    at: (version: string) => ({
      chart: `http://127.0.0.1:${port}/axon-${version}.tgz`,
      ...{ chartVersion: version, holdValues: { rollout: { hold: true } } },
    }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

describe("a chart that is fetched, with Helm's record in Secrets", () => {
  test("is rolled out in the version that is named, and its record is found without a word", async () => {
    const chain = await newChain(cluster, "fetched");
    const { helm } = await chain.inputs({});
    await using charts = await serveCharts(helm);
    const recorded = async (kind: "secrets" | "configmaps") => {
      const all = await cluster.api.list(`/api/v1/namespaces/fetched/${kind}`);
      return all.filter(({ metadata }) => metadata.labels?.owner === "helm").length;
    };

    await expect(chain.roll({}, { chart: charts.at("8.0.0").chart })).rejects.toMatchObject({
      ...{ code: "bad-input", what: '"chart-version" is missing.' },
    });
    const first = await chain.roll({}, { ...charts.at("8.0.0"), helmStorage: "secret" });
    const next = await chain.roll({ image: { tag: "v0.3.2" } }, charts.at("9.0.0"));

    expect([first, next].map(({ report }) => report.outputs.outcome)).toEqual(["done", "done"]);
    expect(await recorded("configmaps")).toBe(0);
    expect(await recorded("secrets")).toBe(2);
    expect(await tagsIn("fetched")).toEqual(Array(5).fill("v0.3.2"));
    const [set] = await cluster.api.list("/apis/apps/v1/namespaces/fetched/statefulsets");
    expect(set?.metadata.labels?.["helm.sh/chart"]).toBe("axon-9.0.0");
  }, 300_000);
});
