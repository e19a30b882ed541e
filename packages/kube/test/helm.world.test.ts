import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { type Cluster, startCluster } from "@playbook/world";
import { capabilitiesOf, findRelease, Helm, resourceOf, statefulSets } from "../src/index.ts";
import { writeChart, writeLookingChart } from "./charts.ts";
import { helmFor, helmProgram, newNamespace } from "./helm-place.ts";
import { clientFor } from "./place.ts";

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

describe.each([3, 4] as const)("Helm %d", (major) => {
  test("makes a release, another revision, and one that is as the first", async () => {
    const { client, ...place } = await helmFor(cluster, major);
    await using helm = place.helm;
    const namespace = await newNamespace(cluster, "life");
    const release = { name: "held", namespace };
    expect((await helm.version()).major).toBe(major);
    expect(await helm.history(release)).toEqual([]);

    await helm.upgrade({ ...release, chart, description: "the first" });
    const values = [{ tag: "2" }, { partition: 1 }];
    await helm.upgrade({ ...release, chart, values, labels: { by: "test" } });
    await helm.rollback(release, 1);

    expect(await helm.history(release)).toMatchObject([
      { revision: 1, status: "superseded", description: "the first", chart: "held-0.1.0" },
      { revision: 2, status: "superseded" },
      { revision: 3, status: "deployed" },
    ]);
    expect(await helm.values(release, 2)).toEqual({ tag: "2", partition: 1 });
    expect(await helm.values(release)).toEqual({});
    expect(await helm.manifest(release, 2)).toContain("web:2");
    const set = await client.get({ resource: statefulSets, namespace, name: "held" });
    expect(set.spec.template.spec.containers[0]?.image).toBe("registry.example/web:1");
    const revisions = await findRelease(client, release);
    expect(revisions.map(({ labels }) => labels.by)).toEqual([undefined, "test", undefined]);
  });

  test("renders what a chart looks up in the cluster, and makes nothing of it", async () => {
    const { client, ...place } = await helmFor(cluster, major);
    await using helm = place.helm;
    const namespace = await newNamespace(cluster, "looking");
    const metadata = { name: "there" };
    const map = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { a: "seen" } };
    await cluster.api.create(`/api/v1/namespaces/${namespace}/configmaps`, map);
    const inputs = { name: "looking", namespace, chart: await writeLookingChart(folder) };
    const capabilities = await capabilitiesOf(client);

    expect(await helm.template(inputs, capabilities, { looksUp: true })).toContain("seen");
    expect(await helm.template(inputs, capabilities)).not.toContain("seen");
    expect(await helm.history(inputs)).toEqual([]);
  });

  test("keeps its releases in ConfigMaps for a role without rights on Secrets", async () => {
    const { client, ...place } = await helmFor(cluster, major, "configmap");
    await using helm = place.helm;
    const namespace = await newNamespace(cluster, "maps");
    const release = { name: "held", namespace };

    await helm.upgrade({ ...release, chart });

    expect(await findRelease(client, release)).toMatchObject([
      { driver: "configmap", status: "deployed", revision: 1 },
    ]);
    await using other = (await helmFor(cluster, major)).helm;
    await other.upgrade({ ...release, chart });
    await expect(findRelease(client, release)).rejects.toMatchObject({ code: "release-twice" });
    expect(await findRelease(client, release, ["secret"])).toHaveLength(1);
  });

  test("a value that the chart does not take is named before anything is applied", async () => {
    const { helm: opened } = await helmFor(cluster, major);
    await using helm = opened;
    const namespace = await newNamespace(cluster, "values");
    const wrong = { name: "held", namespace, chart, values: [{ tag: "1", partition: "many" }] };
    const invalid = { code: "values-invalid", why: expect.stringContaining("partition") };

    await expect(helm.upgrade(wrong)).rejects.toMatchObject(invalid);
    const cluster131 = { kubeVersion: "1.31.0", apiVersions: [] };
    await expect(helm.template(wrong, cluster131)).rejects.toMatchObject(invalid);
    expect((await helm.lint(wrong)).join("\n")).toContain("partition");
    expect(await helm.lint({ chart })).toEqual([]);
    expect(await helm.history(wrong)).toEqual([]);
  });

  test("renders a chart for what the live cluster offers", async () => {
    const { client, ...place } = await helmFor(cluster, major);
    await using helm = place.helm;
    const templates = await mkdtemp(join(folder, "asks-"));
    const asking = await writeChart(templates);
    const probe =
      "kind: Asked\nversion: {{ .Capabilities.KubeVersion.Version }}\n" +
      'monitors: {{ .Capabilities.APIVersions.Has "monitoring.coreos.com/v1/ServiceMonitor" }}\n' +
      "upgrade: {{ .Release.IsUpgrade }}\n";
    await writeFile(join(asking, "templates", "probe.yaml"), probe);

    const capabilities = await capabilitiesOf(client);
    const inputs = { name: "asks", namespace: "default", chart: asking };
    const manifests = await helm.template(inputs, capabilities, { isUpgrade: true });

    expect(manifests).toContain(`version: ${capabilities.kubeVersion}`);
    expect(manifests).toContain("monitors: true");
    expect(manifests).toContain("upgrade: true");
  });

  test("fetches a chart once, from an address or a repository", async () => {
    const { helm: opened } = await helmFor(cluster, major);
    await using helm = opened;
    await run("package", [chart, "--destination", folder]);
    await run("repo", ["index", folder]);
    const served = createServer(async (request, response) => {
      const content = await readFile(join(folder, basename(request.url ?? ""))).catch(() => "");
      response.writeHead(content === "" ? 404 : 200).end(content);
    });
    served.listen(0, "127.0.0.1");
    await once(served, "listening");
    const url = `http://127.0.0.1:${(served.address() as AddressInfo).port}`;

    const version = "0.1.0";
    const direct = await helm.fetch({ reference: `${url}/held-0.1.0.tgz`, version });
    const named = await helm.fetch({ repository: url, name: "held", version });
    const absent = helm.fetch({ repository: url, name: "held", version: "0.2.0" });
    await expect(absent).rejects.toMatchObject({ code: "helm-failed" });
    served.close();

    for (const fetched of [direct, named]) {
      const inputs = { name: "held", namespace: "default", chart: fetched };
      const capabilities = { kubeVersion: "1.36.0", apiVersions: [] };
      expect(await helm.template(inputs, capabilities)).toContain("kind: StatefulSet");
    }
  });

  test("what it says when it fails is the reason", async () => {
    const { helm: opened } = await helmFor(cluster, major);
    await using helm = opened;

    const asked = helm.upgrade({ name: "held", namespace: "no-such-namespace", chart });

    await expect(asked).rejects.toMatchObject({
      code: "helm-failed",
      why: expect.stringContaining("no-such-namespace"),
    });
  });
});

async function run(command: string, args: string[]): Promise<void> {
  await promisify(execFile)(await helmProgram(4), [command, ...args], { env: { HOME: folder } });
}

test("Helm sees neither the job's credentials nor the machine's logins and plugins", async () => {
  const { connection, context } = await clientFor(cluster);
  const spy = join(folder, "helm-spy");
  await writeFile(spy, `#!/bin/sh\nenv > ${folder}/seen\necho v4.0.0\n`, { mode: 0o755 });
  const env = {
    PATH: "/usr/bin:/bin",
    HOME: "/root",
    HTTPS_PROXY: "http://proxy.example:3128",
    AWS_SECRET_ACCESS_KEY: "secret-aws",
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "secret-oidc",
    GITHUB_TOKEN: "secret-github",
    HELM_PLUGINS: "/machine/plugins",
    KUBECONFIG: "/machine/kubeconfig",
    XDG_CONFIG_HOME: "/machine/config",
  };
  await using helm = await Helm.open({ program: spy, connection, context, env });
  await helm.version();

  const seen = await readFile(join(folder, "seen"), "utf8");
  expect(seen).not.toMatch(/secret-|\/machine|HOME=\/root/);
  expect(seen).toContain("HTTPS_PROXY=http://proxy.example:3128");
});

test("a Helm that is not there, or is another, is an error of its own", async () => {
  const { connection, context } = await clientFor(cluster);
  await using none = await Helm.open({ program: "/no/helm", connection, context, env: {} });
  await expect(none.version()).rejects.toMatchObject({ code: "no-helm" });

  const two = join(folder, "helm-two");
  await writeFile(two, "#!/bin/sh\necho v2.17.0\n", { mode: 0o755 });
  await using old = await Helm.open({ program: two, connection, context, env: {} });
  await expect(old.version()).rejects.toMatchObject({ code: "helm-unknown" });
});

test("a chart of a range of versions is no chart", async () => {
  const { helm: opened } = await helmFor(cluster, 4);
  await using helm = opened;

  for (const version of ["^1.2.0", "1.2", "latest", ""]) {
    const asked = helm.fetch({ reference: "oci://registry.example/chart", version });
    await expect(asked).rejects.toMatchObject({ code: "chart-not-pinned" });
  }
  expect(await helm.fetch({ path: chart })).toBe(chart);
});

test("where the API has a kind is found out, and that it has none", async () => {
  const { client } = await clientFor(cluster);

  const monitor = { apiVersion: "monitoring.coreos.com/v1", kind: "ServiceMonitor" };
  expect(await resourceOf(client, monitor)).toMatchObject({
    plural: "servicemonitors",
    namespaced: true,
  });
  await expect(resourceOf(client, { apiVersion: "v1", kind: "Unknown" })).rejects.toMatchObject({
    code: "kube-absent",
  });
});
