import { contextForTests, type TestContext } from "@playbook/action/testing";
import { until } from "@playbook/world";
import { merged } from "../../../test/charts.ts";
import type { HandMadeChain } from "../../change-axon-validators/test/hand-made.ts";
import { change, SIGNER, wanted } from "../../change-axon-validators/test/place.ts";
import { type AxonChain, newChain } from "../../helm-rollout-axon/test/axon-chain.ts";
import { inputsFor, placeFor, restore } from "../../restore-axon/test/place.ts";
import { back, grow, heightOf, openStand, type Stand, UNLOCKED } from "./stand.ts";

/** Blocks of each of the first two epochs: with the third one, another validator comes. */
const EPOCH_END = 120;
const END = 2 * EPOCH_END;

/** So many blocks before it a backup begins; its node is stopped where a test has it stopped. */
const AHEAD = 16;

let stand: Stand;
beforeAll(async () => {
  stand = await openStand({
    tags: {
      "v0.3.1": { flavour: "axon" },
      // It stands still at the block after the epoch's last one.
      "v0.3.1-standing": { flavour: "axon", wedgedAt: END + 2 },
    },
    node: [SIGNER],
  });
}, 1_200_000);
afterAll(() => stand?.[Symbol.asyncDispose]());

type Chain = {
  chain: AxonChain;
  set: Record<string, unknown>;
  /** The run that takes the newcomer in; it ends with the test. */
  taking: TestContext;
  taken: Promise<unknown>;
};

/** A chain of five to which another one comes after that block. */
async function chainFor(namespace: string, tag: string): Promise<Chain> {
  const chain = await newChain(stand.cluster, namespace, { count: 6 });
  const validators = chain.validators.map((one, at) => ({ ...one, genesis: at < 5 }));
  const requests = { cpu: "100m", memory: "128Mi" };
  const set = merged(chain.values, {
    validators,
    chain: { epochEnd: EPOCH_END },
    syncNode: { enabled: true, resources: { requests } },
  });
  const { report } = await chain.roll(merged(set, { image: { tag } }));
  expect(report.outputs).toMatchObject({ outcome: "done" });
  await grow(stand, namespace, 3);
  const pods = chain.validators.map((one) => ({ ...one, pod: `axon-${one.name}-0` }));
  const old = { namespace, validators: pods } as unknown as HandMadeChain;
  const changes = {
    validators: wanted(chain.validators),
    epochBlocks: 100_000,
    epochWait: 180_000,
  };
  const taking = contextForTests();
  const taken = change(stand.cluster, old, changes, taking).catch((error) => error);
  return { chain, set, taking, taken };
}

const isAt = (namespace: string, height: number, pod = "axon-v0-0") =>
  until(async () => (await heightOf(stand, `${namespace}/${pod}`)) >= height);

test("a backup that may end an epoch is taken once more past it, also by the run after one that died", async () => {
  const { taken } = await chainFor("goes-on", "v0.3.1");
  const { gate } = stand.cluster;
  const dying = contextForTests();
  let isStopped = false;
  const off = gate.onRequest(async (phase, { verb, resource, name }) => {
    if (phase !== "before") return;
    if (verb === "patch" && resource === "statefulsets" && name === "axon-sync" && !isStopped) {
      isStopped = true;
      await isAt("goes-on", END, "axon-sync-0");
    }
    if (resource !== "volumesnapshots") return;
    if (verb === "create") await isAt("goes-on", END + 3);
    if (verb === "delete") dying.stop.abort(new Error("killed"));
  });
  await isAt("goes-on", END - AHEAD);

  await expect(back(stand, "goes-on", {}, dying)).rejects.toThrow();
  off();
  expect(dying.said.join("\n")).toContain(`may end with block ${END}`);
  const { outputs, warnings } = await back(stand, "goes-on");

  expect(Number(outputs.height)).toBeGreaterThan(END);
  expect(warnings).toEqual([expect.stringContaining(UNLOCKED)]);
  const path = "/apis/snapshot.storage.k8s.io/v1/namespaces/goes-on/volumesnapshots";
  const snapshots = await stand.cluster.api.list(path);
  expect(snapshots.map(({ metadata }) => metadata.labels?.["playbook/backup"])).toEqual([
    outputs.backup,
  ]);
  await taken;
}, 600_000);

test("of a chain that stands there it is kept with a warning, and the restored node tells that it is refused", async () => {
  const { chain, set, taking, taken } = await chainFor("stands", "v0.3.1-standing");
  let isStopped = false;
  const off = stand.cluster.gate.onRequest(async (phase, { verb, resource, name }) => {
    if (phase !== "before" || verb !== "patch" || resource !== "statefulsets") return;
    if (name !== "axon-sync" || isStopped) return;
    isStopped = true;
    await isAt("stands", END + 1, "axon-sync-0");
  });
  await isAt("stands", END - AHEAD);

  const { outputs, warnings } = await back(stand, "stands", { syncTimeout: 5_000 });
  off();
  expect(Number(outputs.height)).toBeLessThan(END);
  expect(warnings).toEqual([
    expect.stringContaining(UNLOCKED),
    expect.stringContaining(`may end with block ${END}`),
  ]);

  await placeFor(stand.cluster, stand.cluster, chain, "anew");
  const inputs = await inputsFor(stand, stand.cluster, chain, "anew", {
    ...{ set, oldNamespace: undefined, fencedBecause: "its nodes are gone", relayers: "none" },
    ...{ acceptLoss: Number(outputs.height), base: "genesis" },
  });
  await expect(restore(inputs)).rejects.toMatchObject({
    code: "backup-ends-epoch",
    what: expect.stringContaining(`Block ${END} of backup ${outputs.backup}`),
  });
  taking.stop.abort(new Error("over"));
  await taken;
}, 600_000);
