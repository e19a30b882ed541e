import { type Cluster, startCluster, until } from "@playbook/world";
import { makeRestricted, merged, type Values, wouldTake } from "../../../../test/charts.ts";
import { chart, rendered } from "./rendered.ts";
import { combinations, least } from "./values.ts";

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
}, 1_200_000);

afterAll(() => cluster?.[Symbol.asyncDispose]());

test.each(Object.entries(combinations()).map(([name, values], at) => ({ name, values, at })))(
  "the API server takes all of it, in a restricted namespace: $name",
  async ({ values, at }) => {
    const namespace = `taken-${at}`;
    await makeRestricted(cluster, namespace);

    const { asked, said } = await wouldTake(
      cluster,
      await rendered(values, { namespace }),
      namespace,
    );

    expect(said).toHaveLength(asked);
  },
);

const LARGER = "larger";

const inSpace = (...args: string[]) => [...args, "--namespace", LARGER];

/** A release whose pod KWOK runs, as it does all but those of Hyperlane's own image. */
const released = (over: Values = {}) =>
  merged(least("validator", over), { image: { repository: "registry.example/agent-double" } });

function helm(command: string, values: Values, ...args: string[]): Promise<string> {
  const input = JSON.stringify(values);
  return cluster.helm(inSpace(command, "agent", chart, "--values", "-", ...args), { input });
}

/** The agent's pod once it is ready. */
function readyPod() {
  return until(async () => {
    const [pod] = await cluster.api.list(`/api/v1/namespaces/${LARGER}/pods`);
    const conditions: { type: string; status: string }[] = pod?.status?.conditions ?? [];
    return conditions.some(({ type, status }) => type === "Ready" && status === "True") && pod;
  });
}

test("a larger volume is given by hand as the README has it, and the pod is left alone", async () => {
  await makeRestricted(cluster, LARGER);
  const larger = released({ storage: { size: "20Gi" } });
  await helm("install", released());
  const { metadata } = await readyPod();
  await expect(helm("upgrade", larger)).rejects.toThrow("Forbidden");

  const size = JSON.stringify({ spec: { resources: { requests: { storage: "20Gi" } } } });
  await cluster.kubectl(inSpace("patch", "pvc", "db-agent-0", "--patch", size));
  const yaml = await cluster.kubectl(inSpace("get", "statefulset", "agent", "--output", "yaml"));
  await cluster.kubectl(inSpace("replace", "--force", "--cascade=orphan", "--filename", "-"), {
    input: yaml.replaceAll("storage: 10Gi", "storage: 20Gi"),
  });

  await expect(helm("upgrade", larger)).rejects.toThrow("conflict");
  await helm("upgrade", larger, "--force-conflicts");
  await helm("upgrade", larger);
  expect((await readyPod()).metadata.uid).toBe(metadata.uid);
}, 300_000);

test.each<[string, Values, string]>([
  ["a validator", least("validator"), "It announces itself once"],
  ["a relayer", least("relayer"), "A relayer of 14 routes"],
  [
    "a relayer of one route that stands by",
    least("relayer", {
      relayer: { routes: [{ origin: "chain1", destination: "chain2" }], standby: true },
    }),
    "A relayer that stands by of 1 route, in larger. It has a pod once relayer.standby is false.",
  ],
  [
    "an agent whose metrics nobody may read",
    least("validator", { metrics: { serviceMonitor: { enabled: true } } }),
    "Nobody is let in to the metrics: name Prometheus in network.policy.metricsFrom.",
  ],
])("whoever installs %s is told what is left to do", async (_, values, words) => {
  expect(await helm("install", values, "--dry-run=client")).toContain(words);
});
