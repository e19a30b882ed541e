import { GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { realClock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { type Manifest, readManifest, sealed, written } from "@playbook/backup";
import { connectByFile, KubeClient } from "@playbook/kube";
import { until } from "@playbook/world";
import { merged, type Values } from "../../../test/charts.ts";
import {
  ask,
  back,
  chainWithSync,
  grow,
  heightOf,
  left,
  openStand,
  type Stand,
} from "../../backup-axon/test/stand.ts";
import type { AxonChain } from "../../helm-rollout-axon/test/axon-chain.ts";
import { Nodes } from "../src/nodes.ts";
import { inputsFor, placeFor, restore } from "./place.ts";

const OLD = "old";
const NEW = "new";
const SCRATCH = "scratch";
const THIRD = "third";

let stand: Stand;
let chain: AxonChain;
/** Before the backup that is restored. */
let base: string;
let backup: string;
let height: number;
/** Of the restored chain, made under the same prefix. */
let later: string;

beforeAll(async () => {
  stand = await openStand();
  chain = await chainWithSync(stand, OLD);
  base = String((await back(stand, OLD)).outputs.backup);
  await grow(stand, OLD, 4);
  const { outputs } = await back(stand, OLD);
  backup = String(outputs.backup);
  height = Number(outputs.height);
  await placeFor(stand.cluster, stand.cluster, chain, NEW);
  await placeFor(stand.cluster, stand.cluster, chain, SCRATCH, { keys: false });
}, 1_200_000);

afterAll(() => stand?.[Symbol.asyncDispose]());

/** Nodes that serve the restored chain; the old one had none. */
const SERVING = {
  rpc: {
    ...{ enabled: true, replicas: 2, autoscaling: { enabled: false } },
    resources: { requests: { cpu: "100m", memory: "128Mi" } },
  },
};

const inputs = (changes: object = {}, namespace = NEW) => {
  const set = merged(chain.values, SERVING);
  return inputsFor(stand, stand.cluster, chain, namespace, { set, ...changes });
};

const setsIn = async (namespace: string) => {
  const sets = await stand.cluster.api.list(`/apis/apps/v1/namespaces/${namespace}/statefulsets`);
  return Object.fromEntries(sets.map(({ metadata, spec }) => [metadata.name, spec.replicas]));
};

const RELAYERS = "hyperlane";
const RELAY = { role: "relayer" };
const RELAYER = {
  containers: [{ name: "relayer", image: "registry.example/relayer:1" }],
  terminationGracePeriodSeconds: 0,
};

async function relayersNamespace(): Promise<void> {
  const metadata = { name: RELAYERS };
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata };
  if (await stand.cluster.api.find(`/api/v1/namespaces/${RELAYERS}`)) return;
  await stand.cluster.api.create("/api/v1/namespaces", namespace);
}

/** A Deployment of two relayers, and a StatefulSet of one. */
async function relayersRun(): Promise<void> {
  await relayersNamespace();
  for (const [kind, replicas] of [
    ["Deployment", 2],
    ["StatefulSet", 1],
  ] as const) {
    const template = { metadata: { labels: { ...RELAY, kind } }, spec: RELAYER };
    await stand.cluster.api.create(`/apis/apps/v1/namespaces/${RELAYERS}/${kind.toLowerCase()}s`, {
      ...{ apiVersion: "apps/v1", kind, metadata: { name: "relay" } },
      spec: { replicas, selector: { matchLabels: { ...RELAY, kind } }, template },
    } as never);
  }
  await until(async () => (await relayerPods()).length === 3);
}

async function relayerPods(): Promise<string[]> {
  const found = await stand.cluster.api.list(`/api/v1/namespaces/${RELAYERS}/pods`);
  return found
    .filter(({ metadata }) => metadata.labels?.role === "relayer")
    .map(({ metadata }) => metadata.name);
}

async function object(key: string): Promise<Buffer> {
  const Key = `${OLD}/${backup}/${key}`;
  const { Body } = await stand.s3.send(new GetObjectCommand({ Bucket: "backups", Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

const put = (key: string, Body: Uint8Array) =>
  stand.s3.send(new PutObjectCommand({ Bucket: "backups", Key: `${OLD}/${backup}/${key}`, Body }));

/** Validators whose volumes are there already. */
const withVolumes = () =>
  chain.validators.map((each) => ({ ...each, existingClaim: `x-${each.name}` }));

async function disksOf(namespace: string): Promise<string[]> {
  const disks = await stand.cluster.api.list("/api/v1/persistentvolumes");
  return disks
    .filter(({ spec }) => spec.claimRef?.namespace === namespace)
    .map(({ metadata }) => metadata.name);
}

/** What the restored nodes' volumes were filled with. */
async function contents(): Promise<Record<string, string | undefined>> {
  const path = `/api/v1/namespaces/${NEW}/persistentvolumeclaims`;
  const claims = await stand.cluster.api.list(path);
  const entries = claims.map(({ metadata: { name, labels } }) => [
    name.replace(/^data-axon-(v\d|sync)?(?:-0)?/, "$1"),
    labels?.["playbook/filled-with"],
  ]);
  return Object.fromEntries(entries);
}

/** Runs with the backup's manifest as it would be with these changes. */
async function withManifest(changes: Partial<Manifest>, does: () => Promise<void>) {
  const whole = await object("manifest.json");
  const manifest = readManifest(whole, "manifest.json");
  await put("manifest.json", written(sealed({ ...manifest, ...changes })));
  await does().finally(() => put("manifest.json", whole));
}

/** Runs while the first part of a backup has a flipped bit, of which S3 has a sum or none. */
async function withRotten(
  id: string,
  does: () => Promise<unknown>,
  sum: { ChecksumAlgorithm?: "SHA256" } = {},
) {
  const at = (key: string) => ({ Bucket: "backups", Key: `${OLD}/${id}/${key}` });
  const read = async (key: string) => {
    const { Body } = await stand.s3.send(new GetObjectCommand(at(key)));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };
  const { key = "" } = readManifest(await read("manifest.json"), id).parts[0] ?? {};
  const whole = await read(key);
  const flipped = Buffer.from(whole);
  flipped[1_000] = (flipped[1_000] ?? 0) ^ 4;
  await stand.s3.send(new PutObjectCommand({ ...at(key), Body: flipped, ...sum }));
  const mend = { ...at(key), Body: whole, ChecksumAlgorithm: "SHA256" } as const;
  await does().finally(() => stand.s3.send(new PutObjectCommand(mend)));
}

const HASH = `0x${"1".repeat(64)}`;

describe("a drill", () => {
  test("restores the newest backup on a node without keys, and leaves nothing behind", async () => {
    const set = { ...chain.values, validators: withVolumes() };
    const { outputs, summary, failure } = await restore(
      await inputs({ mode: "drill", storageClass: "gp3", set }, SCRATCH),
    );

    expect(failure).toBeUndefined();
    expect(outputs).toMatchObject({ backup, result: "passed" });
    expect(outputs.height).toBeGreaterThanOrEqual(height);
    expect(outputs["lost-blocks"]).toBeGreaterThan(0);
    expect(outputs.age).toBeGreaterThan(0);
    expect(outputs).toMatchObject({ base });
    expect(outputs.disaster).toBeGreaterThanOrEqual(Number(outputs.took));
    expect(summary).toContain("can be restored");
    expect(summary).toContain(`begin with ${base} and catch up`);
    expect(await left(stand.cluster, SCRATCH)).toEqual([]);
    expect(await setsIn(SCRATCH)).toEqual({});
    await until(async () => (await disksOf(SCRATCH)).length === 0);
    await grow(stand, OLD, 1);
  }, 300_000);

  test("that is to be kept is there for whoever looks into it, and gone with the next one", async () => {
    const { failure } = await restore(
      await inputs({ mode: "drill", storageClass: "gp3", keepDrill: true }, SCRATCH),
    );

    expect(failure).toBeUndefined();
    expect(await setsIn(SCRATCH)).toMatchObject({ "axon-sync": 1 });
    expect(await ask(stand, `${SCRATCH}/axon-sync-0`, "eth_blockNumber")).toMatch(/^0x/);
  }, 300_000);

  test("of a backup with a flipped bit fails, and says which part", async () => {
    const { parts } = readManifest(await object("manifest.json"), "manifest.json");
    await withRotten(backup, async () => {
      const drill = await inputs({ mode: "drill", storageClass: "gp3" }, SCRATCH);
      const { outputs, failure } = await restore(drill);

      expect(outputs).toMatchObject({ result: "failed" });
      expect(failure).toMatchObject({
        code: "backup-rotten",
        what: `${parts[0]?.key} of backup ${backup} is not what was backed up.`,
      });
      expect(await left(stand.cluster, SCRATCH)).toEqual([]);
      const { warnings } = await restore(await inputs({ mode: "plan" }));
      expect(warnings.join()).toContain("Of 1 of the");
    });
  }, 300_000);
});

test("a drill whose image is not to be had says so, long before its deadline", async () => {
  const set = { ...chain.values, image: { ...(chain.values.image as object), tag: "v9.9.9" } };

  const { failure, outputs } = await restore(
    await inputs({ mode: "drill", storageClass: "gp3", set }, SCRATCH),
  );

  expect(outputs).toMatchObject({ result: "failed" });
  expect(failure).toMatchObject({ code: "mover-failed", why: expect.stringContaining("v9.9.9") });
});

describe("a drill is refused, and an audit reads that it failed,", () => {
  const refused = async (changes: object, code: string, namespace = SCRATCH) => {
    const before = [await setsIn(OLD), await setsIn(SCRATCH)];
    const drill = { mode: "drill", storageClass: "gp3", ...changes };
    const { failure, outputs, summary } = await restore(await inputs(drill, namespace));
    expect(failure).toMatchObject({ code });
    expect(outputs).toMatchObject({ result: "failed" });
    expect(summary).toContain("cannot be restored");
    expect([await setsIn(OLD), await setsIn(SCRATCH)]).toEqual(before);
    return outputs;
  };

  test("of values without a sync node", () =>
    refused({ set: { ...chain.values, syncNode: { enabled: false } } }, "no-sync-node"));

  test("without a class for its disk", async () => {
    const drill = restore(await inputs({ mode: "drill" }, SCRATCH));
    await expect(drill).rejects.toMatchObject({ code: "bad-input" });
  });

  test.each([
    ["gp3-retain", "drill-retains"],
    ["none-such", "kube-absent"],
  ])(
    "with class %s, which would leave its disk behind or make none",
    async (storageClass, code) => {
      const { backup: drilled, age } = await refused({ storageClass }, code);
      expect(drilled).toBe(backup);
      expect(age).toBeGreaterThan(0);
      expect(await setsIn(SCRATCH)).toEqual({});
    },
  );

  test("of another chain's backup", async () => {
    const { chain: own } = readManifest(await object("manifest.json"), "manifest.json");
    await withManifest({ chain: { ...own, genesisHash: HASH } }, async () => {
      await refused({}, "other-chain");
    });
  });

  test("where there is no backup", () => refused({ backups: "s3://backups/nowhere" }, "no-backup"));

  test("where a chain runs: it would be taken away first", async () => {
    await refused({}, "same-place", OLD);
    await refused({ oldNamespace: undefined }, "drill-in-use", OLD);
  });

  test("of a backup whose base has rotten since", async () => {
    await withRotten(base, async () => {
      await refused({}, "backup-rotten");
    });
  });
});

describe("a restore is refused, and nothing is changed,", () => {
  const refused = async (changes: object, code: string, why = "") => {
    const before = [await setsIn(OLD), await setsIn(NEW)];
    await expect(restore(await inputs(changes))).rejects.toMatchObject({
      code,
      why: expect.stringContaining(why),
    });
    expect([await setsIn(OLD), await setsIn(NEW)]).toEqual(before);
  };

  /** A plan refuses it as well, before anybody is asked for an approval. */
  const refusedByBoth = async (changes: object, code: string, why = "") => {
    const accepted = { acceptLoss: height, relayers: "none", ...changes };
    await refused({ ...accepted, mode: "plan" }, code, why);
    await refused(accepted, code, why);
  };

  test("when the values have no sync node", () =>
    refusedByBoth(
      { set: { ...chain.values, syncNode: { enabled: false } } },
      "no-sync-node",
      "before any validator signs",
    ));

  test("when a validator's volume is there already, by the values or by itself", async () => {
    const set = { ...chain.values, validators: withVolumes() };
    await refusedByBoth({ set }, "claims-nothing", "`existingClaim`");
    const path = `/api/v1/namespaces/${NEW}/persistentvolumeclaims`;
    const name = "data-axon-v1-0";
    await stand.cluster.api.create(path, {
      ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name } },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    } as never);
    await refusedByBoth({}, "volume-there", "would be lost");
    await stand.cluster.api.delete(`${path}/${name}`);
    await until(async () => (await stand.cluster.api.find(`${path}/${name}`)) === undefined);
  });

  test("when the values have too few of the chain's validators to make a block", () =>
    refusedByBoth(
      { set: { ...chain.values, validators: chain.validators.slice(0, 3) } },
      "too-few-validators",
      "A block needs 4 votes",
    ));

  test("when Helm is not there, or does not take the values", async () => {
    await refusedByBoth({ helm: "/nowhere/helm" }, "no-helm");
    await refusedByBoth({ set: { ...chain.values, unknown: true } }, "values-invalid");
  });

  test("when the backup is of another chain", async () => {
    const { chain: own } = readManifest(await object("manifest.json"), "manifest.json");
    await withManifest({ chain: { ...own, genesisHash: HASH } }, () =>
      refusedByBoth({}, "other-chain", HASH),
    );
  });

  test("when the old chain is not the backup's from its block on, whatever their heights are", async () => {
    const { block } = readManifest(await object("manifest.json"), "manifest.json");
    const other = { ...block, hash: HASH };
    await withManifest({ block: other }, () =>
      refused({}, "loss-not-accepted", "has another block"),
    );
    const ahead = { ...block, height: block.height + 1_000_000 };
    await withManifest({ block: ahead }, () =>
      refused({}, "loss-not-accepted", "before the backup's"),
    );
  });

  test("when no relayer is where they are said to be", () =>
    refusedByBoth({ relayers: `${RELAYERS}/role=relayr` }, "relayers-run", "under another name"));

  test("when nobody says what became of the old validators", () =>
    refused({ oldNamespace: undefined }, "fence-unknown"));

  test("when blocks would be lost", () => refused({}, "loss-not-accepted", "a reorganisation"));

  test("when the loss of another backup was accepted", () =>
    refused({ acceptLoss: height + 1 }, "loss-not-accepted", `block ${height + 1}`));

  test("when nobody says where the relayers are", () =>
    refused({ acceptLoss: height }, "relayers-run", "Blocks are lost"));

  test("when a relayer runs that nothing makes: it would have to be ended by somebody", async () => {
    await relayersNamespace();
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "alone", labels: { by: "hand" } },
    };
    const path = `/api/v1/namespaces/${RELAYERS}/pods`;
    await stand.cluster.api.create(path, { ...pod, spec: RELAYER });
    await refused(
      { acceptLoss: height, relayers: `${RELAYERS}/by=hand` },
      "relayers-run",
      "alone would deliver",
    );
  });

  test("when the old validators are not found where they are said to be", () =>
    refused(
      { oldNamespace: "default", acceptLoss: height, relayers: "none" },
      "old-validators-unknown",
    ));

  test("when the labels leave out a validator, which would go on signing", () =>
    refusedByBoth(
      { oldValidators: { "axon/validator": "v1" } },
      "old-validators-missing",
      "axon-v1",
    ));

  test("when validators would begin with what is not known as an older backup of the chain", async () => {
    await refusedByBoth({ base: backup }, "not-before", "may be of another one");
    await refusedByBoth({ base: "20200101t000000z-1" }, "no-backup");
  });

  test("when what validators would begin with has rotten since", async () => {
    const rot = () => refusedByBoth({}, "backup-rotten", "another SHA-256");
    await withRotten(base, rot, { ChecksumAlgorithm: "SHA256" });
  });

  test("when the values would begin another chain", async () => {
    const genesis = merged(chain.values.chain as Values, { genesis: { timestamp: 1_700_000_000 } });
    const set = { ...chain.values, chain: genesis };
    await refusedByBoth({ set, base: "genesis" }, "genesis-differs", "genesis.timestamp");
    const { warnings } = await restore(await inputs({ set, mode: "plan" }));
    expect(warnings.join()).toContain("They differ in genesis.timestamp");
  });

  test("into the namespace of the old chain", async () => {
    await expect(restore(await inputs({}, OLD))).rejects.toMatchObject({ code: "same-place" });
  });

  test("of a backup that is not there, or is not whole", async () => {
    await refused({ backup: "20200101t000000z-1" }, "no-backup");
    const Key = `${OLD}/20200102t000000z-1/begun.json`;
    await stand.s3.send(new PutObjectCommand({ Bucket: "backups", Key, Body: "{}" }));
    await refused({ backup: "20200102t000000z-1" }, "backup-not-whole", "never finished");
  });
});

test("a backup of which a part is cut short is not restored", async () => {
  const { parts } = readManifest(await object("manifest.json"), "manifest.json");
  const { key = "" } = parts.at(-1) ?? {};
  const entire = await object(key);
  await put(key, entire.subarray(0, -1));

  const refused = restore(await inputs({ backup, acceptLoss: height, relayers: "none" }));

  await expect(refused).rejects.toMatchObject({
    code: "backup-not-whole",
    why: expect.stringContaining(key),
  });
  expect(await setsIn(NEW)).toEqual({});
  await put(key, entire);
});

test("a plan says what is lost, what is shut, and what follows for each consumer", async () => {
  const { outputs, summary } = await restore(await inputs({ mode: "plan" }));

  expect(outputs).toMatchObject({ backup, base, height, "can-apply": false });
  expect(outputs.consequences).toHaveLength(5);
  expect(summary).toContain(`accept-loss: ${height}`);
  expect(summary).toContain("axon-v0, axon-v1, axon-v2, axon-v3, axon-v4");
});

test("a pod of the old chain that does not go keeps the new one from being started", async () => {
  const name = "axon-v2-0";
  const path = `/api/v1/namespaces/${OLD}/pods/${name}`;
  await stand.cluster.api.patch(path, { metadata: { finalizers: ["playbook.test/held"] } });

  const restoring = restore(
    await inputs({ acceptLoss: height, relayers: "none", fenceTimeout: 15_000 }),
  );

  await expect(restoring).rejects.toMatchObject({
    code: "old-cluster-signs",
    why: expect.stringContaining(name),
  });
  expect(await setsIn(NEW)).toEqual({});
  await stand.cluster.api.patch(path, { metadata: { finalizers: null } });
});

test("the chain is restored: the same blocks, no key in two places, and it goes on", async () => {
  await relayersRun();
  const loss = { acceptLoss: height, relayers: `${RELAYERS}/role=relayer` };
  const { outputs, summary, said } = await restore(await inputs(loss));

  expect(outputs).toMatchObject({ backup });
  const paused = [`Deployment ${RELAYERS}/relay`, `StatefulSet ${RELAYERS}/relay`];
  expect(outputs["paused-relayers"]).toEqual(paused);
  expect(await relayerPods()).toEqual([]);
  const at = (part: string) => said.findIndex((line) => line.includes(part));
  expect(at("relay is paused.")).toBeGreaterThanOrEqual(0);
  expect(at("relay is paused.")).toBeLessThan(at("Volumes to be filled: "));
  expect(outputs["lost-blocks"]).toBeGreaterThan(0);
  expect(outputs.consequences).toHaveLength(5);
  expect(outputs.height).toBeGreaterThan(height);
  expect(summary).toContain("graphman rewind");
  const old = await setsIn(OLD);
  const restored = await setsIn(NEW);
  for (const { name } of chain.validators) {
    expect(old[`axon-${name}`]).toBe(0);
    expect(restored[`axon-${name}`]).toBe(1);
  }
  const manifest = readManifest(await object("manifest.json"), "manifest.json");
  await until(async () => (await heightOf(stand, `${NEW}/axon-sync-0`)) > Number(outputs.height));
  await until(async () => (await heightOf(stand, `${NEW}/axon-rpc-1`)) > Number(outputs.height));
  for (const pod of ["v0", "v4", "sync"]) {
    const tag = `0x${height.toString(16)}`;
    const block = await ask(stand, `${NEW}/axon-${pod}-0`, "eth_getBlockByNumber", tag, false);
    expect(block).toMatchObject({ hash: manifest.block.hash });
  }
  await grow(stand, NEW, 2);
  const startsOfValidators = said.filter((line) => line.startsWith("Started: "));
  expect(startsOfValidators.map((line) => line.match(/axon-v\d/g)?.length)).toEqual([3, 1, 1, 5]);
  expect((await stand.pods.signatures()).usedTwice()).toEqual([]);
  expect(await contents()).toEqual({
    ...{ v0: base, v1: base, v2: base, v3: base, v4: base },
    ...{ sync: base, "rpc-0": base, "rpc-1": base },
  });
}, 400_000);

test("a node with another chain than the backup's is found out", async () => {
  const manifest = readManifest(await object("manifest.json"), "manifest.json");
  const path = await stand.cluster.kubeconfig({ name: "ada", groups: ["system:masters"] });
  const connection = await connectByFile({ path, clock: realClock, env: {} });
  const context = contextForTests();
  const other = { ...manifest, block: { ...manifest.block, hash: `0x${"1".repeat(64)}` } };
  const target = { namespace: NEW, rpcPort: 8000, startTimeout: 10_000 };
  const nodes = new Nodes(new KubeClient(connection, context), target, other, context);

  await expect(nodes.agreed(["axon-v0-0"])).rejects.toMatchObject({ code: "restored-differs" });
  const goal = { height: height + 1, hash: other.block.hash };
  await expect(nodes.caughtUp("axon-v0-0", goal)).rejects.toMatchObject({
    code: "restored-differs",
  });
  await expect(nodes.caughtUp("axon-v9-0", goal)).rejects.toMatchObject({
    code: "restored-stands",
    why: expect.stringContaining("axon-v9-0 does not answer"),
  });
});

test("a rollout of the old release does not start what was shut: its keys sign elsewhere", async () => {
  await expect(chain.roll({ image: { tag: "v0.3.2" } })).rejects.toMatchObject({
    code: "validator-fenced",
    what: expect.stringContaining("axon-v0, axon-v1"),
  });
  expect(Object.values(await setsIn(OLD)).filter((replicas) => replicas > 0)).toHaveLength(1);
});

test("restored again it is left as it is, though there is a newer backup, and the relayers run as before", async () => {
  later = String((await back(stand, NEW, { backups: `s3://backups/${OLD}` })).outputs.backup);
  const before = await heightOf(stand, `${NEW}/axon-v0-0`);
  const loss = { acceptLoss: height, relayers: `${RELAYERS}/role=relayer`, resumeRelayers: true };

  const { outputs } = await restore(await inputs(loss));

  expect(outputs).toMatchObject({ backup, "paused-relayers": [] });
  await until(async () => (await relayerPods()).length === 3);
  await until(async () => (await heightOf(stand, `${NEW}/axon-v0-0`)) > before);
}, 200_000);

test("it is not restored elsewhere as well, while its keys sign here", async () => {
  await placeFor(stand.cluster, stand.cluster, chain, THIRD);
  const third = (changes: object) =>
    inputs({ acceptLoss: height, relayers: "none", backup, ...changes }, THIRD);

  for (const mode of ["plan", "apply"]) {
    await expect(restore(await third({ mode }))).rejects.toMatchObject({
      code: "restored-elsewhere",
      what: expect.stringContaining(`as axon in namespace ${NEW} of https://`),
      next: expect.stringContaining("`old-namespace`"),
    });
  }
  expect(await setsIn(THIRD)).toEqual({});
  const fencedBecause = "that namespace is nobody's";
  const { warnings } = await restore(await third({ mode: "plan", fencedBecause }));
  expect(warnings.join()).toContain(`Nothing is taken to sign there: ${fencedBecause}`);
  const next = await restore(await third({ mode: "plan", oldNamespace: NEW }));
  expect(next.summary).toContain(`Shut first, in`);
  expect((await stand.pods.signatures()).usedTwice()).toEqual([]);
}, 200_000);

test("the node that follows the old chain is backed up no more", async () => {
  await expect(back(stand, OLD)).rejects.toMatchObject({ code: "source-fenced" });
});

test("another backup is not restored over it", async () => {
  const other = await inputs({
    backup: later,
    relayers: "none",
    acceptLoss: Number(later.split("-").at(-1)),
  });

  await expect(restore(other)).rejects.toMatchObject({
    code: "volume-there",
    next: expect.stringContaining(`backup: ${backup}`),
  });
}, 200_000);

test("an old validator that comes back is noticed before the hand-over, and the new ones stop", async () => {
  const path = `/apis/apps/v1/namespaces/${OLD}/statefulsets/axon-v3`;
  const nowhere = { spec: { nodeSelector: { nobody: "has-this" } } };
  const context = contextForTests();
  const progress = (line: string) => {
    context.said.push(line);
    // Its pod is there and starts on no node: with its key it would sign a second time.
    if (line.startsWith("Started: "))
      pending ??= stand.cluster.api.patch(path, { spec: { replicas: 1, template: nowhere } });
  };
  let pending: Promise<unknown> | undefined;
  const loss = { backup, acceptLoss: height, relayers: "none" };

  const restoring = restore(await inputs(loss), Object.assign(context, { progress }));

  await expect(restoring).rejects.toMatchObject({ code: "old-cluster-signs" });
  const { "axon-rpc": _, ...signing } = await setsIn(NEW);
  expect(Object.values(signing).filter((replicas) => replicas !== 0)).toEqual([]);
  await pending;
}, 200_000);
