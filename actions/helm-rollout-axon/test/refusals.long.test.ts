import { realClock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { addNodes, type Cluster, type Pods, startCluster, startPods, until } from "@playbook/world";
import { type AxonChain, endChains, newChain } from "./axon-chain.ts";
import { oneSetChain } from "./one-set-chain.ts";

const OLD = "v0.3.1";
const NEW = "v0.3.2";
const NEWER = "v0.3.3";

let cluster: Cluster;
let pods: Pods;
beforeAll(async () => {
  cluster = await startCluster();
  pods = await startPods(cluster, {
    tags: {
      [OLD]: {},
      [NEW]: { startDelayMs: 1000 },
      [NEWER]: {},
      "v0.4.0": { crashAfterMs: 100 },
    },
  });
}, 1_200_000);
afterAll(async () => {
  await pods?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

async function created(namespace: string, values = {}): Promise<AxonChain> {
  const chain = await newChain(cluster, namespace, { values });
  const { report } = await chain.roll({});
  expect(report.outputs).toMatchObject({ outcome: "done" });
  return chain;
}

const namespaced = (namespace: string) => `/api/v1/namespaces/${namespace}`;

async function tagsIn(namespace: string): Promise<string[]> {
  const found = await cluster.api.list(`${namespaced(namespace)}/pods`);
  return found.map(({ spec }) => spec.containers[0].image.split(":")[1]).sort();
}

/** A context in which something happens as soon as the first validator was let go. */
function onceOneIsGone(happens: () => unknown) {
  const context = contextForTests();
  let done = false;
  const progress = (line: string) => {
    context.said.push(line);
    if (done || !line.endsWith("is let go.")) return;
    done = true;
    happens();
  };
  return Object.assign(context, { progress });
}

describe("nothing is changed", () => {
  afterEach(() => endChains(cluster));

  test("by a release that would not go well: each finding says why and what to do", async () => {
    const chain = await newChain(cluster, "three", { count: 3 });

    const refused = chain.roll({});

    await expect(refused).rejects.toMatchObject({
      code: "preflight-failed",
      why: expect.stringContaining("3 of 3 votes commit a block"),
      next: expect.stringContaining('lower "min-validators"'),
    });
    const maps = await cluster.api.list(`${namespaced("three")}/configmaps`);
    // The cluster's own comes when its controller has come to it.
    const own = maps.filter(({ metadata }) => metadata.name !== "kube-root-ca.crt");
    expect(own).toEqual([]);
  });

  test("where no set of the chart runs validators, or nobody says which", async () => {
    const chain = await oneSetChain(cluster, "nameless", 4);

    await expect(chain.roll(OLD, { validators: "app=other" })).rejects.toMatchObject({
      code: "no-validators",
    });
    await chain.roll(OLD);
    const publicKeys = new Map();
    await expect(chain.roll(NEW, { publicKeys })).rejects.toMatchObject({
      code: "validator-nameless",
      what: expect.stringContaining("chain-0, chain-1, chain-2, chain-3"),
    });
    expect(await tagsIn("nameless")).toEqual(Array(4).fill(OLD));
  });
});

test("what was made by hand is not Helm's to take over, and the plan says how it gets it", async () => {
  const chain = await newChain(cluster, "by-hand");
  await cluster.api.create("/apis/policy/v1/namespaces/by-hand/poddisruptionbudgets", {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "axon-validators" },
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: "by-hand" } } },
  });

  const { report } = await chain.roll({}, { mode: "plan" });

  expect(report.outputs).toMatchObject({ "can-apply": false });
  expect(report.outputs.findings).toContainEqual(
    expect.objectContaining({
      ...{ code: "not-helms", at: "PodDisruptionBudget axon-validators" },
      next: expect.stringContaining("kubectl label poddisruptionbudget axon-validators"),
    }),
  );
});

describe("where there is no way back", () => {
  let snapshotMs: number;
  beforeEach(() => {
    snapshotMs = cluster.disks.snapshotMs;
  });
  afterEach(() => {
    cluster.disks.snapshotMs = snapshotMs;
    return endChains(cluster);
  });

  test("a rollout holds at the validator that fails, and names its snapshot", async () => {
    const chain = await created("held");
    // What a snapshot holds is decided at once, and copied away for hours.
    cluster.disks.snapshotMs = 3 * 3_600_000;

    const { report } = await chain.roll({ image: { tag: "v0.4.0" } }, { data: "forward-only" });

    expect(report).toMatchObject({
      outputs: {
        outcome: "held",
        snapshots: { "axon-v0-0": expect.stringMatching(/^axon-v0-0-/) },
      },
      failure: { code: "rollout-held", next: expect.stringContaining("VolumeSnapshot axon-v0-0-") },
    });
    expect(await tagsIn("held")).toEqual([OLD, OLD, OLD, OLD, "v0.4.0"]);
    const head = async () => Number((await snapshotOf("held")).height);
    const before = await head();
    await until(async () => (await head()) > before);
  }, 400_000);
});

/** The chain's height, by a validator that was not touched. */
async function snapshotOf(namespace: string) {
  const url = `http://${pods.addressOf(`${namespace}/axon-v4-0`)}:8000`;
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_blockNumber", params: [] });
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body });
  return { height: ((await answer.json()) as { result: string }).result };
}

describe("a rollout under way", () => {
  afterEach(() => endChains(cluster));

  test("changes nothing any more once another run has taken it over", async () => {
    const chain = await created("taken");
    const path = `${namespaced("taken")}/configmaps/axon-rollout`;
    const context = onceOneIsGone(() =>
      cluster.api.patch(path, { data: { run: "another run", beat: "1" } }),
    );

    const overtaken = chain.roll({ image: { tag: NEW } }, {}, context);

    await expect(overtaken).rejects.toMatchObject({ code: "rollout-taken-over" });
    expect((await tagsIn("taken")).filter((tag) => tag === OLD).length).toBeGreaterThan(0);
    const budget = "/apis/policy/v1/namespaces/taken/poddisruptionbudgets/axon-validators";
    expect((await cluster.api.get(budget)).spec.maxUnavailable).toBe(0);
  });

  test("stops when a validator's set is deleted by somebody", async () => {
    const chain = await created("deleted");
    const path = "/apis/apps/v1/namespaces/deleted/statefulsets/axon-v0";
    const context = onceOneIsGone(() => cluster.api.delete(path));

    const ended = await chain
      .roll({ image: { tag: NEW } }, { patience: 5_000 }, context)
      .then(({ report }) => report.failure?.code)
      .catch(({ code }) => code);

    // Helm's way back makes the set anew, if the rollout turns back before it misses it.
    expect(["validator-gone", "rollout-paused", "rollout-taken-back"]).toContain(ended);
  });
});

const replicas = (namespace: string, name: string, count: number) =>
  cluster.api.patch(`/apis/apps/v1/namespaces/${namespace}/statefulsets/${name}`, {
    spec: { replicas: count },
  });

describe("a validator that is scaled to nothing has no vote from then on", () => {
  afterEach(() => endChains(cluster));

  test("of five none further is let go, and the rollout says whose vote is missing", async () => {
    const chain = await created("shut");
    const context = onceOneIsGone(() => replicas("shut", "axon-v4", 0));

    const { report } = await chain.roll({ image: { tag: NEW } }, { patience: 5_000 }, context);

    expect(report).toMatchObject({
      outputs: { outcome: "paused" },
      failure: {
        code: "rollout-paused",
        why: expect.stringContaining("no vote is seen of axon-v4-0"),
      },
    });
    expect(await tagsIn("shut")).toEqual([OLD, OLD, OLD, NEW]);
  }, 400_000);
});

/** A context in which waiting takes hardly any time; something is told how long it was in all. */
function inHaste(onWait: (waited: number) => unknown = () => {}) {
  let waited = 0;
  const sleep = async (ms: number, signal?: AbortSignal) => {
    waited += ms;
    onWait(waited);
    await realClock.sleep(Math.min(ms, 5), signal);
  };
  return contextForTests({ clock: { now: () => realClock.now() + waited, sleep } });
}

describe("a chain that is there", () => {
  let chain: AxonChain;
  beforeAll(async () => {
    chain = await created("kept");
  });
  afterAll(() => endChains(cluster));

  const next = { image: { tag: NEW } };

  const podOf = (at: number) => `kept/axon-v${at}-0`;

  const refusal = (values: Parameters<AxonChain["roll"]>[0]) => expect(chain.roll(values)).rejects;

  test("keeps its genesis block and its disks' zones: what would not is refused beforehand", async () => {
    await refusal({
      ...next,
      chain: { genesis: { timestamp: 1_680_249_208 } },
    }).toMatchObject({
      code: "preflight-failed",
      why: expect.stringContaining(
        "The chain began with another genesis.timestamp (ConfigMap axon-files-",
      ),
      next: expect.stringContaining("another chain is another release"),
    });
    const zone = await zoneOf("kept", "data-axon-v0-0");

    await cordon(zone, true);
    await refusal(next).toMatchObject({
      code: "preflight-failed",
      why: expect.stringMatching(
        new RegExp(
          `pod axon-v0-0: Its data is on pvc-[^ ]+ \\([^ ]+/zone In ${zone}\\).* is cordoned`,
        ),
      ),
    });
    await cordon(zone, false);

    expect(await tagsIn("kept")).toEqual(Array(5).fill(OLD));
    const planned = await chain.roll(next, { mode: "plan" });
    expect(planned.report.outputs).toMatchObject({ "can-apply": true });
  }, 400_000);

  test("keeps its validators: whoever votes and would have no pod any more is named", async () => {
    const validators = chain.validators.slice(0, 2);
    await refusal({ ...next, validators }).toMatchObject({
      code: "preflight-failed",
      why: expect.stringMatching(/axon-v2-0: It is a validator.* 2 of 5 votes stay where they are/),
      next: expect.stringContaining("change-axon-validators"),
    });
    await refusal({ ...next, rollout: { started: false } }).toMatchObject({
      why: expect.stringMatching(/axon-v0-0: It is a validator.* 0 of 5 votes stay where they are/),
    });
    const names = chain.validators.map(({ name }) => `axon-${name}`).join(",");
    const named = await chain.roll(next, { mode: "plan", validators: names });
    expect(named.report.outputs).toMatchObject({ "can-apply": true });
    expect(await tagsIn("kept")).toEqual(Array(5).fill(OLD));
  }, 400_000);

  test("is left as it is when it makes no block, though all of its nodes answer", async () => {
    const cuts = [3, 4].flatMap((lost) =>
      [0, 1, 2, 3, 4].filter((at) => at < lost).map((at) => [at, lost].map(podOf)),
    ) as [string, string][];
    for (const [one, other] of cuts) await pods.cut(one, other);

    const { report, said } = await chain.roll(next, {}, inHaste());

    expect(report).toMatchObject({
      outputs: { outcome: "paused" },
      failure: { code: "rollout-paused", next: expect.stringContaining("why it makes none") },
    });
    expect(said.filter((line) => line.endsWith("is let go."))).toEqual([]);
    expect(await tagsIn("kept")).toEqual(Array(5).fill(OLD));
    for (const [one, other] of cuts) await pods.mend(one, other);
  }, 400_000);

  test("is not rolled to a version that may not be able to read the data", async () => {
    await expect(chain.roll({ image: { tag: "v0.4.0" } })).rejects.toMatchObject({
      code: "preflight-failed",
      why: expect.stringContaining("v0.3.1 → v0.4.0"),
    });
    expect(await tagsIn("kept")).toEqual(Array(5).fill(OLD));
  });

  test("is waited for when it is not heard for a while, and left as it is when it is silent", async () => {
    const unheard = () =>
      cluster.gate.fault({
        ...{ do: "break before", times: Infinity },
        match: { resource: "pods/portforward", namespace: "kept" },
      });

    const slow = unheard();
    const context = inHaste((waited) => waited > 60_000 && slow.remove());
    const { report } = await chain.roll(next, { mode: "plan" }, context);
    expect(report.outputs).toMatchObject({ "can-apply": true });
    expect(context.said).toContainEqual(
      expect.stringMatching(/^waiting until a validator answers, for \d+ s$/),
    );

    const dead = unheard();
    await expect(chain.roll(next, {}, inHaste())).rejects.toMatchObject({ code: "chain-silent" });
    dead.remove();

    for (const name of ["v0", "v1", "v2", "v3", "v4"]) await replicas("kept", `axon-${name}`, 0);
    await until(async () => (await tagsIn("kept")).length === 0);

    await expect(chain.roll(next)).rejects.toMatchObject({
      code: "chain-silent",
      next: expect.stringContaining("Bring one of them up"),
    });
  });
});

const ZONE = "topology.kubernetes.io/zone";

async function zoneOf(namespace: string, claim: string): Promise<string> {
  const path = `${namespaced(namespace)}/persistentvolumeclaims/${claim}`;
  const { spec } = await cluster.api.get(path);
  const volume = await cluster.api.get(`/api/v1/persistentvolumes/${spec.volumeName}`);
  const [term] = volume.spec.nodeAffinity.required.nodeSelectorTerms;
  return term.matchExpressions[0].values[0];
}

async function cordon(zone: string, unschedulable: boolean): Promise<void> {
  for (const { metadata } of await cluster.api.list("/api/v1/nodes")) {
    if (metadata.labels?.[ZONE] !== zone) continue;
    await cluster.api.patch(`/api/v1/nodes/${metadata.name}`, { spec: { unschedulable } });
  }
}

describe("seven validators", () => {
  let chain: AxonChain;
  beforeAll(async () => {
    chain = await newChain(cluster, "seven", { count: 7 });
  });
  afterAll(() => endChains(cluster));

  test("are rolled out although one of them is down all the time", async () => {
    await expect(chain.roll({})).rejects.toMatchObject({
      code: "preflight-failed",
      why: expect.stringContaining("StatefulSet axon-v6, pod axon-v6-0: No node takes it"),
    });
    await addNodes(cluster.api, [{ name: "node-6", zone: "us-east-1a" }]);
    await chain.roll({});
    const others = [0, 1, 2, 3, 4, 5];
    for (const at of others) await pods.cut(`seven/axon-v${at}-0`, "seven/axon-v6-0");

    const { report } = await chain.roll({ image: { tag: NEW } });

    expect(report.outputs).toMatchObject({ outcome: "done" });
    expect(await tagsIn("seven")).toEqual(Array(7).fill(NEW));
    for (const at of others) await pods.mend(`seven/axon-v${at}-0`, "seven/axon-v6-0");
  }, 400_000);

  test("lose one to somebody: five stay at every moment, and the others are rolled out", async () => {
    const context = onceOneIsGone(() => replicas("seven", "axon-v6", 0));

    const { report } = await chain.roll({ image: { tag: NEWER } }, {}, context);

    expect(report.outputs).toMatchObject({ outcome: "done" });
    expect(await tagsIn("seven")).toEqual(Array(6).fill(NEWER));
  }, 400_000);
});

test("no key has ever signed two blocks at one height", async () => {
  const signatures = await pods.signatures();

  expect(signatures.equivocations()).toEqual([]);
  expect(signatures.usedTwice()).toEqual([]);
});
