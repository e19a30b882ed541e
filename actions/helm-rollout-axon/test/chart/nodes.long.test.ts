import { generateKeyPair, type KeyPair, publicHalfOf } from "@playbook/axon";
import { type Cluster, type Pods, startCluster, startPods, until } from "@playbook/world";
import { merged, type Values } from "../../../../test/charts.ts";
import { chart } from "./rendered.ts";
import { leastValues, type Validator } from "./values.ts";

const NAMESPACE = "axon";
const NAMES = ["a", "b", "c", "d", "e"];

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

async function apply(...objects: object[]): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items: objects };
  await cluster.kubectl(["apply", "--filename", "-"], { input: JSON.stringify(list) });
}

function keySecret(name: string, pair: KeyPair): object {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: `axon-${name}-keys`, namespace: NAMESPACE },
    data: {
      "net.key": Buffer.from(pair.net).toString("base64"),
      "bls.key": Buffer.from(pair.bls).toString("base64"),
    },
  };
}

/** Validators whose keys are in Secrets, as somebody with a machine of their own has them. */
async function withSecrets(): Promise<Values> {
  const pairs = NAMES.map((name) => ({ name, pair: generateKeyPair() }));
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  await apply(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE, labels } },
    ...pairs.map(({ name, pair }) => keySecret(name, pair)),
  );
  return {
    validators: pairs.map(({ name, pair }) => {
      const { publicKey, blsPublicKey, address } = publicHalfOf(pair);
      return { name, publicKey, blsPublicKey, address };
    }),
  };
}

async function helm(values: Values): Promise<void> {
  await cluster.helm(
    ["upgrade", "--install", "axon", chart, "--namespace", NAMESPACE, "--values", "-"],
    { input: JSON.stringify(values) },
  );
}

async function ask(pod: string, method: string, ...params: unknown[]): Promise<unknown> {
  const answer = await fetch(`http://${pods.addressOf(`${NAMESPACE}/${pod}`)}:8000`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  return ((await answer.json()) as { result: unknown }).result;
}

const heightOf = (pod: string) => ask(pod, "eth_blockNumber").then(Number, () => -1);

async function ready(): Promise<string[]> {
  const found = await cluster.api.list(`/api/v1/namespaces/${NAMESPACE}/pods`);
  return found
    .filter(({ status }) => status?.containerStatuses?.[0]?.ready)
    .map(({ metadata }) => metadata.name)
    .sort();
}

const podOf = (name: string) => `axon-${name}-0`;

const ALL = [...NAMES.map(podOf), "axon-rpc-0", "axon-sync-0"];

let values: Values & { validators: Validator[] };

test("what the chart makes are nodes that make blocks, answer, and say when they are in sync", async () => {
  values = merged(merged(leastValues(), await withSecrets()), {
    chain: { consensus: { interval: 400 } },
    rpc: { replicas: 1, autoscaling: { enabled: false } },
    storage: { size: "1Gi" },
  }) as typeof values;
  await helm(values);

  await until(async () => (await ready()).length === ALL.length);
  await until(async () => (await Promise.all(ALL.map(heightOf))).every((height) => height > 3));
  const ids = await Promise.all(ALL.map((pod) => ask(pod, "eth_chainId")));
  expect(new Set(ids)).toEqual(new Set(["0x41786f6e"]));
}, 300_000);

test("metrics are where Prometheus is told to read them", async () => {
  const address = pods.addressOf(`${NAMESPACE}/${podOf("a")}`);
  const { status } = await fetch(`http://${address}:8100/metrics`);
  expect(status).toBe(200);
});

async function images(): Promise<string[]> {
  const found = await cluster.api.list(`/api/v1/namespaces/${NAMESPACE}/pods`);
  const ofValidators = found.filter(({ metadata }) => metadata.labels?.["axon/validator"]);
  return ofValidators.map(({ spec }) => spec?.containers[0].image.split(":")[1]).sort();
}

async function grow(by: number): Promise<void> {
  const before = await heightOf(podOf("a"));
  await until(async () => (await heightOf(podOf("a"))) >= before + by);
}

test("an upgrade moves no validator, one that is let go moves, and blocks are made all the while", async () => {
  const next = merged(values, { image: { tag: "v0.3.2" }, config: { logger: { filter: "warn" } } });
  await helm(next);
  await grow(2);
  expect(await images()).toEqual(Array(5).fill("v0.3.1"));

  await helm(merged(next, { rollout: { letGo: ["c"] } }));
  await until(async () => (await images()).filter((tag) => tag === "v0.3.2").length === 1);
  await until(async () => (await ready()).length === ALL.length);
  await grow(2);
  expect(await images()).toEqual([...Array(4).fill("v0.3.1"), "v0.3.2"]);
}, 300_000);

test("nodes that were all stopped at once come back with what they had, and go on", async () => {
  const before = Math.max(...(await Promise.all(ALL.map(heightOf))));
  await cluster.kubectl(["delete", "pods", "--all", "--namespace", NAMESPACE, "--wait=true"]);
  await until(async () => (await ready()).length === ALL.length);

  await grow(2);
  expect(await heightOf(podOf("a"))).toBeGreaterThan(before);
  expect(await images()).toEqual([...Array(4).fill("v0.3.1"), "v0.3.2"]);
}, 300_000);

test("a validator that comes later syncs the chain whose spec is given, without a vote yet", async () => {
  const files = await cluster.api.list(`/api/v1/namespaces/${NAMESPACE}/configmaps`);
  const spec = files.find(({ metadata }) => metadata.name.startsWith("axon-files-"))?.data;
  const pair = generateKeyPair();
  await apply(keySecret("f", pair));
  const { publicKey, blsPublicKey } = publicHalfOf(pair);
  const sixth = { name: "f", publicKey, blsPublicKey, genesis: false };
  await helm(
    merged(values, {
      chain: { spec: spec?.["chain-spec.toml"] },
      validators: [...values.validators, sixth],
      // Six nodes are for the six validators, and no more.
      spread: { hosts: "preferred" },
    }),
  );

  await until(async () => (await ready()).includes(podOf("f")));
  await grow(1);
  const ofGenesis = (pod: string) => ask(pod, "eth_getBlockByNumber", "0x0", false);
  expect(await ofGenesis(podOf("f"))).toEqual(await ofGenesis(podOf("a")));
  expect(await heightOf(podOf("f"))).toBeGreaterThan(3);
}, 300_000);

test("nobody has signed twice, and no key was in two processes", async () => {
  const signatures = await pods.signatures();
  expect(signatures.votes().length).toBeGreaterThan(50);
  expect([signatures.equivocations(), signatures.usedTwice()]).toEqual([[], []]);
});
