import {
  type Cluster,
  type KubeObject,
  type Pods,
  startCluster,
  startPods,
  until,
} from "@playbook/world";
import { type ChainManifests, chainManifests, podOf } from "./chain.ts";
import { PODS } from "./manifests.ts";

const COUNT = 5;

let cluster: Cluster;
let pods: Pods;
let chain: ChainManifests;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, { tags: { "v0.3.1": {} } });
  chain = await chainManifests(cluster, COUNT);
  await apply(...chain.objects, ...all.map((index) => chain.validator(index, "v0.3.1")));
}, 1_200_000);
afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

const all = Array.from({ length: COUNT }, (_, index) => index);

const apply = (...items: KubeObject[]) =>
  cluster.kubectl(["apply", "-f", "-"], {
    input: JSON.stringify({ apiVersion: "v1", kind: "List", items }),
  });

const ask = async (index: number, method: string, ...params: unknown[]) => {
  const answer = await fetch(`http://${pods.addressOf(`default/${podOf(index)}`)}:8000`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return ((await answer.json()) as { result: never }).result;
};

const heightOf = (index: number): Promise<number> =>
  ask(index, "eth_blockNumber").then(Number, () => -1);

const reach = (height: number, indices = all) =>
  until(async () => (await Promise.all(indices.map(heightOf))).every((at) => at >= height));

const statusOf = async (index: number) =>
  (await cluster.api.find(`${PODS}/${podOf(index)}`))?.status;

const isReady = async (index: number) =>
  (await statusOf(index))?.containerStatuses?.[0]?.ready === true;

const eventsOf = async (name: string) => {
  const events = await cluster.api.list("/api/v1/namespaces/default/events");
  return events.filter(({ involvedObject }) => involvedObject.name === name);
};

test("five sets of one become five processes that make blocks together", async () => {
  await reach(3);
  await until(async () => (await Promise.all(all.map(isReady))).every(Boolean));

  const { podIP, initContainerStatuses } = await statusOf(0);
  expect(podIP).toMatch(/^10\.244\./);
  expect(initContainerStatuses[0].state.terminated.exitCode).toBe(0);
});

test("a pod that is deleted is a process gone, and comes back with its data", async () => {
  const before = await heightOf(4);
  const uid = (await cluster.api.get(`${PODS}/${podOf(4)}`)).metadata.uid;
  await cluster.kubectl(["delete", "pod", podOf(4)]);

  await until(async () => {
    const pod = await cluster.api.find(`${PODS}/${podOf(4)}`);
    return pod && pod.metadata.uid !== uid && (await isReady(4));
  });

  expect(await heightOf(4)).toBeGreaterThanOrEqual(before);
  await reach((await heightOf(0)) + 1);
});

test("logs and ports are reached through the API server", async () => {
  const said = await cluster.kubectl(["logs", podOf(0), "-c", "axon", "--tail=500"]);

  expect(said).toContain("node starts");
});

test("another build of the program behaves as its tag says", async () => {
  pods.tag("v0.3.2", { version: "0.3.2" });
  const set = "/apis/apps/v1/namespaces/default/statefulsets/axon-3";
  await apply(chain.validator(3, "v0.3.2"));

  await until(async () => {
    const { status } = await cluster.api.get(set);
    return status.updatedReplicas === 1 && status.currentRevision === status.updateRevision;
  });

  await until(async () => (await ask(3, "web3_clientVersion").catch(() => "")) === "0.3.2");
  expect(await ask(2, "web3_clientVersion")).toBe("0.3.1-beta");
  await until(() => isReady(3));
});

test("two pods that are cut off from each other find each other again", async () => {
  const peers = async () => Number(await ask(0, "net_peerCount"));
  await until(async () => (await peers()) === COUNT - 1);
  await pods.cut(`default/${podOf(0)}`, `default/${podOf(1)}`);
  await until(async () => (await peers()) === COUNT - 2);

  await pods.mend(`default/${podOf(0)}`, `default/${podOf(1)}`);

  await until(async () => (await peers()) === COUNT - 1);
});

test("nobody has voted twice", async () => {
  const signatures = await pods.signatures();

  expect(signatures.votes().length).toBeGreaterThan(50);
  expect([signatures.equivocations(), signatures.usedTwice()]).toEqual([[], []]);
  expect(await eventsOf(podOf(0))).not.toEqual([]);
});

test("a second pod with a validator's key is written down", async () => {
  const copy = chain.validator(0, "v0.3.1");
  const volumes = copy.spec.template.spec.volumes;
  copy.metadata.name = "copy";
  copy.spec.selector.matchLabels = { app: "copy" };
  copy.spec.template.metadata.labels = { app: "copy" };
  expect(volumes[1].secret.secretName).toBe("axon-0");
  await apply(copy);

  await until(async () => (await pods.signatures()).usedTwice().length > 0);

  const { lines } = await pods.signatures();
  const twice = lines.find((line) => line.event === "twice");
  expect(twice).toMatchObject({
    key: chain.keypairs[0]?.bls_public_key,
    pod: "default/copy-0",
  });
});
