import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { realClock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { connectByFile, KubeClient } from "@playbook/kube";
import { type Cluster, startCluster, temporaryFolder, type User } from "@playbook/world";
import { tool } from "../../../scripts/tools.ts";
import { checkRendering } from "../src/preflight/rendering.ts";
import { ChartRelease } from "../src/release.ts";

const namespace = "default";
const EVE = { name: "eve", groups: [] };

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  // As much as is needed to see whether there is a release.
  const rights = ["--verb=list", "--resource=configmaps,statefulsets.apps"];
  await cluster.kubectl(["create", "role", "lists", ...rights]);
  await cluster.kubectl(["create", "rolebinding", "lists", "--role=lists", "--user=eve"]);
}, 1_200_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

/** A chart of one ConfigMap that has the value of this template. */
async function chartIn(folder: string, value: string): Promise<string> {
  await mkdir(join(folder, "templates"), { recursive: true });
  await writeFile(join(folder, "Chart.yaml"), "apiVersion: v2\nname: one\nversion: 0.1.0\n");
  const map = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one }\ndata: { value: ${value} }\n`;
  await writeFile(join(folder, "templates", "map.yaml"), map);
  return folder;
}

async function opened(user: User, own: { chart: string; release: string }) {
  const { PATH = "/usr/bin:/bin" } = process.env;
  const path = await cluster.kubeconfig(user);
  const context = contextForTests();
  const kube = new KubeClient(await connectByFile({ path, clock: realClock, env: {} }), context);
  const inputs = {
    ...{ namespace, values: [], set: {}, env: { PATH } },
    ...own,
    helm: join(dirname(await tool("kubectl")), "helm"),
  };
  return { release: await ChartRelease.open(kube, inputs, context) };
}

async function judged(value: string, user: User) {
  await using folder = await temporaryFolder("chart");
  const chart = await chartIn(folder.path, value);
  await using release = (await opened(user, { chart, release: "one" })).release;
  const [once, again] = [await release.objects(), await release.objectsAgain()];
  return {
    once,
    codes: checkRendering({ once, again, unseen: release.unseen }).map(({ code }) => code),
  };
}

const ada = { name: "ada", groups: ["system:masters"] };
const isThere = '{{ lookup "v1" "Namespace" "" "default" | empty | not | quote }}';
const needed = '{{ (lookup "v1" "Namespace" "" "default").metadata.name }}';

test("a chart of somebody else's is judged with what it looks up in the cluster", async () => {
  expect(await judged(isThere, ada)).toMatchObject({
    ...{ once: [{ data: { value: "true" } }], codes: [] },
  });
});

test("what the role may not read is judged as if it were not there, and that is said", async () => {
  const { once, codes } = await judged(isThere, EVE);

  expect(once).toMatchObject([{ data: { value: "false" } }]);
  expect(codes).toEqual(["lookup-unseen"]);
  await expect(judged(needed, EVE)).rejects.toMatchObject({
    ...{ code: "helm-failed", why: expect.stringContaining("forbidden") },
  });
});

test("one that makes up a value each time is told", async () => {
  expect((await judged("{{ randAlphaNum 8 | quote }}", ada)).codes).toEqual(["render-unstable"]);
});

test("one that names objects by its revision is judged with the number that it will get", async () => {
  await using folder = await temporaryFolder("chart");
  const chart = await chartIn(folder.path, '"{{ .Release.Revision }}"');
  await using release = (await opened(ada, { chart, release: "numbered" })).release;
  expect(await release.objects()).toMatchObject([{ data: { value: "1" } }]);
  await release.upgrade();

  await using next = (await opened(ada, { chart, release: "numbered" })).release;
  expect(await next.isApplied()).toBe(true);
  expect(await next.objects()).toMatchObject([{ data: { value: "2" } }]);
  expect(await next.objectsAgain()).toEqual(await next.objects());
});
