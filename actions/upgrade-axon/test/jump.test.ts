import { contextForTests } from "@playbook/action/testing";
import type { Claim, VolumeSnapshot } from "@playbook/backup";
import type { KubeClient, KubeObject, Resource } from "@playbook/kube";
import type { Manifest } from "@playbook/release";
import fc from "fast-check";
import { chance } from "../../../test/chance.ts";
import { lastBlockAt, pauseAfter } from "../src/jump/outage.ts";
import { takeSnapshots } from "../src/jump/snapshots.ts";
import {
  claimedBy,
  restoreVolumes,
  seeWayBack,
  sortedOut,
  volumesOf,
} from "../src/jump/volumes.ts";

const set = (volumeClaimTemplates: object[], name = "axon-v0"): Manifest => ({
  kind: "StatefulSet",
  metadata: { name },
  spec: { volumeClaimTemplates },
});

const spec = { accessModes: ["ReadWriteOnce"] };

test("a validator's volume and its snapshot are named by its set, and the revision before", () => {
  const template = { metadata: { name: "data", labels: { app: "axon" } }, spec };

  expect(volumesOf([set([template])], 7)).toEqual([
    { claim: "data-axon-v0-0", labels: { app: "axon" }, spec, snapshot: "axon-v0-0-jump-7" },
  ]);
});

test("a validator whose volume is not of the chart's making has no way back", () => {
  expect(() => seeWayBack([set([])])).toThrow(
    expect.objectContaining({ code: "jump-claims-nothing" }),
  );
});

describe("on the way back", () => {
  const template = { metadata: { name: "data" }, spec };
  const volumes = volumesOf([set([template], "axon-v0"), set([template], "axon-v1")], 7);
  const [first = "", second = ""] = volumes.map(({ snapshot }) => snapshot);

  type Named = { resource: Resource<KubeObject>; name: string };

  type State = NonNullable<VolumeSnapshot["status"]>;

  const READY: State = { readyToUse: true };
  const failing: State = { readyToUse: false, error: { message: "quota exceeded" } };

  /** Two claims, and a snapshot for each that is given here; on its clock waiting takes no time. */
  function clusterWith(snapshots: Record<string, State>, attached: string[] = []) {
    const there = new Map(
      volumes.map(({ claim }) => [claim, { metadata: { name: claim, uid: claim } } as KubeObject]),
    );
    const done: string[] = [];
    const attachments = () =>
      attached.map((persistentVolumeName) => ({
        ...{ metadata: { name: "held" } },
        spec: { nodeName: "node-0", source: { persistentVolumeName } },
      }));
    const get = async ({ name }: Named) => ({ spec: { volumeName: `disk of ${name}` } });
    const list = async ({ kind }: Resource<KubeObject>) => {
      if (kind === "VolumeAttachment") return attachments();
      return kind === "VolumeSnapshot"
        ? Object.entries(snapshots).map(([name, status]) => ({
            metadata: { name, uid: name },
            status,
          }))
        : [...there.values()];
    };
    const find = async ({ name }: Named) => there.get(name) ?? snapshots[name];
    const remove = async ({ name }: Named) => {
      done.push(`delete ${name}`);
      there.delete(name);
    };
    const create = async (_: unknown, claim: KubeObject) => {
      done.push(`create ${claim.metadata.name}`);
      there.set(claim.metadata.name, claim);
    };
    const kube = { list, find, get, remove, create } as unknown as KubeClient;
    let now = 0;
    const sleep = async (ms: number) => {
      now += ms;
    };
    const context = contextForTests({ clock: { now: () => now, sleep } });
    return { place: { kube, namespace: "axon", context }, done, waited: () => now };
  }

  test.each<[string, Record<string, State>, RegExp]>([
    ["is missing", {}, /^They are the data/],
    ["fails", { [second]: failing }, /^quota exceeded/],
    ["is not ready", { [second]: { readyToUse: false } }, /^Nothing is said/],
  ])("no volume is given up while a snapshot %s", async (_, others, why) => {
    const { place, done } = clusterWith({ [first]: READY, ...others });

    await expect(restoreVolumes(place, volumes)).rejects.toMatchObject({
      ...{ code: "jump-no-snapshot", why: expect.stringMatching(why) },
      what: expect.stringContaining(second),
    });
    expect(done).toEqual([]);
  });

  test("a snapshot that is being copied away is waited for", async () => {
    const snapshots: Record<string, State> = { [first]: READY, [second]: { readyToUse: false } };
    const { place, done, waited } = clusterWith(snapshots);
    const { sleep } = place.context.clock;
    place.context.clock.sleep = async (ms, signal) => {
      await sleep(ms, signal);
      if (waited() > 3_600_000) snapshots[second] = READY;
    };

    await restoreVolumes(place, volumes);

    expect(done).toHaveLength(4);
  });

  test("nodes start once it is decided what each snapshot holds, and not when it is ready", async () => {
    const taken: State = { readyToUse: false, creationTime: "2026-11-29T04:00:00Z" };
    const { place, waited } = clusterWith({ [first]: READY, [second]: taken });

    await takeSnapshots(place, volumes.slice(1));

    expect(waited()).toBe(0);
  });

  test("no volume is snapshotted that is on a node, before it has let it go", async () => {
    const [volume] = volumes;
    const attached = [`disk of ${volume?.claim}`];
    const { place, done, waited } = clusterWith({}, attached);
    await expect(takeSnapshots(place, volumes.slice(0, 1))).rejects.toMatchObject({
      code: "snapshot-failed",
      why: expect.stringContaining("held to node-0"),
    });
    expect(done).toEqual([]);
    expect(waited()).toBeLessThan(10 * 60_000);

    attached.pop();
    await expect(takeSnapshots(place, volumes.slice(0, 1))).rejects.toThrow();
    expect(done).toEqual([`create ${first}`]);
  });

  test("a driver that takes none is given up after minutes, with its words", async () => {
    const { place, waited } = clusterWith({ [first]: failing, [second]: failing });

    await expect(takeSnapshots(place, volumes)).rejects.toMatchObject({
      code: "snapshot-failed",
      why: "quota exceeded",
    });
    expect(waited()).toBeLessThan(5 * 60_000);
  });

  test("each volume is made anew once, and needs its snapshot no more", async () => {
    const snapshots: Record<string, State> = { [first]: READY, [second]: READY };
    const { place, done } = clusterWith(snapshots);

    await restoreVolumes(place, volumes);
    delete snapshots[first];
    await restoreVolumes(place, volumes);

    expect(done).toEqual(volumes.flatMap(({ claim }) => [`delete ${claim}`, `create ${claim}`]));
  });
});

describe("of those who follow the chain", () => {
  const data = [{ metadata: { name: "data" }, spec }];
  const followers = [set(data, "axon-rpc"), set(data, "axon-sync")];

  test("each claim that there is counts, and nobody else's", () => {
    const names = ["data-axon-rpc-0", "data-axon-rpc-11", "data-axon-rpc-x", "data-axon-v0-0"];

    expect(claimedBy(followers, names, 7)).toMatchObject([
      { claim: "data-axon-rpc-0", snapshot: "axon-rpc-0-jump-7" },
      { claim: "data-axon-rpc-11", snapshot: "axon-rpc-11-jump-7" },
    ]);
  });

  test("all that was snapshotted comes back, what has come since goes, and no other volume does", () => {
    const ordinals = fc.uniqueArray(fc.nat(6));
    const taken = Date.parse("2026-11-29T04:00:00Z") / 1000;
    const claimOf = (ordinal: number) => `data-axon-rpc-${ordinal}`;
    const claimMade = (ordinal: number, seconds: number) => ({
      metadata: {
        name: claimOf(ordinal),
        creationTimestamp: new Date((taken + seconds) * 1000).toISOString(),
      } as Claim["metadata"],
    });
    const snapshotOf = (ordinal: number, revision: number) =>
      ({
        metadata: { name: `axon-rpc-${ordinal}-jump-${revision}` },
        spec: { source: { persistentVolumeClaimName: claimOf(ordinal) } },
      }) as VolumeSnapshot;
    fc.assert(
      fc.property(ordinals, ordinals, ordinals, ordinals, (old, young, kept, earlier) => {
        const snapshots = [
          ...kept.map((one) => snapshotOf(one, 7)),
          ...earlier.map((one) => snapshotOf(one, 3)),
        ];
        const come = young.filter((one) => !old.includes(one));
        const claims = [
          ...old.map((one) => claimMade(one, -60)),
          ...come.map((one) => claimMade(one, 60)),
        ];
        const given = { claims, snapshots, revision: 7 };
        const { before, since, bare } = sortedOut(followers, { ...given, taken });

        const namesOf = (volumes: readonly { claim: string }[]) =>
          volumes.map(({ claim }) => claim).sort();
        const without = (ones: readonly number[]) => ones.filter((one) => !kept.includes(one));
        expect(namesOf(before)).toEqual(kept.map(claimOf).sort());
        expect(namesOf(since)).toEqual(without(come).map(claimOf).sort());
        expect(namesOf(bare)).toEqual(without(old).map(claimOf).sort());
        // Nobody knows what has come since where the validators' snapshots are gone.
        expect(sortedOut(followers, given).since).toEqual([]);
      }),
      chance(200),
    );
  });
});

describe("of blocks with these timestamps", () => {
  const times = [0, 10, 13, 13, 90, 93];
  const ask = async (_: string, params: unknown[] = []) => {
    const timestamp = times[Number(params[0])];
    return { timestamp: `0x${timestamp?.toString(16)}` };
  };

  test.each([
    [9, 0],
    [10, 1],
    [13, 3],
    [89, 3],
    [1_000, 5],
  ])("the last one at second %d is %d", async (time, height) => {
    expect(await lastBlockAt(time, times.length - 1, ask)).toBe(height);
  });

  test("the pause is from one to the next", async () => {
    expect(await pauseAfter(3, ask)).toBe(77);
  });
});
