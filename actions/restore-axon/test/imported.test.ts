import { contextForTests } from "@playbook/action/testing";
import { KubeClient, type KubeObject } from "@playbook/kube";
import { manifestFor, NOW } from "../../../packages/backup/test/backups.ts";
import { startApi } from "../../backup-axon/test/api.ts";
import { importSnapshot } from "../src/imported.ts";

const manifest = manifestFor(NOW, 7);
const NAME = `axon-restore-${manifest.id}`;
const IMPORTING = {
  namespace: "new",
  snapshotDriver: "ebs.csi.eks.amazonaws.com",
  readyMs: 300_000,
};
const GROUP = "/apis/snapshot.storage.k8s.io/v1";
const CONTENT = `${GROUP}/volumesnapshotcontents/new-${NAME}`;

const contentOf = (uid?: string) =>
  ({
    metadata: { name: `new-${NAME}`, uid: "old" },
    spec: { volumeSnapshotRef: { namespace: "new", name: NAME, ...(uid && { uid }) } },
  }) as unknown as KubeObject;

const SNAPSHOT = `${GROUP}/namespaces/new/volumesnapshots/${NAME}`;

/** With a driver that says this of the snapshot as soon as it is known to the cluster. */
async function imported(
  there: KubeObject,
  status: object = { readyToUse: true, restoreSize: "150Gi" },
) {
  await using api = await startApi({ [CONTENT]: there });
  api.onRequest((method, path) => {
    if (method === "GET" && path === SNAPSHOT && api.get(path)) api.patch(path, { status });
  });
  let now = NOW;
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
  };
  const context = contextForTests({ clock });
  const kube = new KubeClient(api.connection, context);
  const size = await importSnapshot(kube, manifest, IMPORTING, context);
  return { content: api.get(CONTENT), size };
}

test("a snapshot that an earlier namespace of that name knew is made known to this one", async () => {
  const { content, size } = await imported(contentOf("of the namespace that was deleted"));

  expect(size).toBe("150Gi");
  expect(content.spec).toMatchObject({
    driver: "ebs.csi.eks.amazonaws.com",
    source: { snapshotHandle: "snap-1" },
    volumeSnapshotRef: { namespace: "new", name: NAME },
  });
  expect(content.spec).not.toHaveProperty("volumeSnapshotRef.uid");
});

test.each([undefined, "1"])(
  "one that is bound here, or not yet (%s), is left as it is",
  async (uid) => {
    const there = contentOf(uid);

    expect((await imported(there)).content).toEqual(there);
  },
);

test("a snapshot that the cluster cannot restore from is named, with what its driver says", async () => {
  const status = { readyToUse: false, error: { message: "snap-1 does not exist" } };

  await expect(imported(contentOf(), status)).rejects.toMatchObject({
    code: "snapshot-not-ready",
    why: "snap-1 does not exist",
  });
});
