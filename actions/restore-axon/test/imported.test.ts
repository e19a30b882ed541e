import { contextForTests } from "@playbook/action/testing";
import { KubeClient, type KubeObject } from "@playbook/kube";
import { manifestFor, NOW } from "../../../packages/backup/test/backups.ts";
import { startApi } from "../../backup-axon/test/api.ts";
import { importSnapshot } from "../src/imported.ts";

const manifest = manifestFor(NOW, 7);
const NAME = `axon-restore-${manifest.id}`;
const GROUP = "/apis/snapshot.storage.k8s.io/v1";
const CONTENT = `${GROUP}/volumesnapshotcontents/new-${NAME}`;

const contentOf = (uid?: string) =>
  ({
    metadata: { name: `new-${NAME}`, uid: "old" },
    spec: { volumeSnapshotRef: { namespace: "new", name: NAME, ...(uid && { uid }) } },
  }) as unknown as KubeObject;

async function imported(there: KubeObject) {
  await using api = await startApi({ [CONTENT]: there });
  const context = contextForTests();
  await importSnapshot(new KubeClient(api.connection, context), manifest, "new", context);
  return api.get(CONTENT);
}

test("a snapshot that an earlier namespace of that name knew is made known to this one", async () => {
  const found = await imported(contentOf("of the namespace that was deleted"));

  expect(found.spec).toMatchObject({
    source: { snapshotHandle: "snap-1" },
    volumeSnapshotRef: { namespace: "new", name: NAME },
  });
  expect(found.spec).not.toHaveProperty("volumeSnapshotRef.uid");
});

test.each([undefined, "1"])("one that is bound here, or not yet (%s), is left as it is", async (uid) => {
  const there = contentOf(uid);

  expect(await imported(there)).toEqual(there);
});
