import { checkKeysAreOwn } from "../../src/preflight/keys/own-keys.ts";
import type { Volume } from "../../src/preflight/manifest.ts";
import { checkDataIsKept } from "../../src/preflight/start/data.ts";
import { setOf } from "./sets.ts";

type Disk = Record<string, object>;

function onDisk(name: string, disk: Disk, subPath?: string) {
  const data = { name: "data", ...disk } as Volume;
  const volumes = [data, { name: "keys", secret: { secretName: `keys-${name}` } }];
  const volumeMounts = [{ name: "data", mountPath: "/chain", ...(subPath && { subPath }) }];
  const containers = [{ name: "axon", image: "axon:v1", args: ["run"], volumeMounts }];
  return setOf(name, { volumeClaimTemplates: [], pod: { volumes, containers } });
}

const nfs = (path: string) => ({ nfs: { server: "10.0.0.1", path, readOnly: false } });

test.each<[string, Disk]>([
  ["nfs 10.0.0.1:/axon-a", nfs("/axon-a")],
  ["awsElasticBlockStore vol-1", { awsElasticBlockStore: { volumeID: "vol-1", fsType: "ext4" } }],
])("data on %s outlives the pod, and is told", (where, disk) => {
  expect(checkDataIsKept(onDisk("a", disk), "/chain/data")).toMatchObject([
    { code: "data-off-the-volume", level: "warning", why: expect.stringContaining(where) },
  ]);
});

test.each<[string, Disk]>([
  ["ephemeral claim", { ephemeral: { volumeClaimTemplate: {} } }],
  ["an emptyDir", { emptyDir: {} }],
  ["which no claim is behind", { csi: { driver: "inline.csi.example" } }],
])("data on %s goes with the pod", (where, disk) => {
  expect(checkDataIsKept(onDisk("a", disk), "/chain/data")).toMatchObject([
    { code: "data-off-the-volume", level: "error", why: expect.stringContaining(where) },
  ]);
});

test("two that have one disk lock each other out, and two folders of it are two", () => {
  const codesOf = (...sets: ReturnType<typeof onDisk>[]) =>
    checkKeysAreOwn(sets).map(({ code, at }) => `${code} ${at}`);

  expect(codesOf(onDisk("a", nfs("/all")), onDisk("b", nfs("/all")))).toEqual([
    "one-volume-twice StatefulSet b",
  ]);
  expect(codesOf(onDisk("a", nfs("/a")), onDisk("b", nfs("/b")))).toEqual([]);
  expect(codesOf(onDisk("a", nfs("/all"), "a"), onDisk("b", nfs("/all"), "b"))).toEqual([]);
});
