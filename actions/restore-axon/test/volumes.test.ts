import { contextForTests } from "@playbook/action/testing";
import { KubeClient } from "@playbook/kube";
import { manifestFor, NOW } from "../../../packages/backup/test/backups.ts";
import { startApi } from "../../backup-axon/test/api.ts";
import { checkClaim } from "../src/claim.ts";
import type { Inputs } from "../src/prepare.ts";
import type { Rendered } from "../src/target.ts";
import { atLeast, likeOf } from "../src/volumes.ts";

const CLAIMS = "/api/v1/namespaces/new/persistentvolumeclaims";
const GIB = 1024 ** 3;
const inputs = { namespace: "new" } as Inputs;
const manifest = { ...manifestFor(NOW, 7), unpacked: 150 * GIB };

const setOf = (storage: string) =>
  ({
    claim: { name: "data-axon-a-0", labels: {}, spec: { resources: { requests: { storage } } } },
  }) as Rendered;

test("a volume that is too small for the backup is found before the old chain is shut", async () => {
  await using api = await startApi({});
  const kube = new KubeClient(api.connection, contextForTests());
  const check = (storage: string) => checkClaim({ kube, manifest, inputs }, setOf(storage));

  await check("150Gi");
  await expect(check("100Gi")).rejects.toMatchObject({
    code: "volume-too-small",
    why: expect.stringContaining("a volume of 100Gi"),
  });
});

test("a volume from a snapshot is as large as that, so that none is too small for it", async () => {
  await using api = await startApi({});
  const kube = new KubeClient(api.connection, contextForTests());

  const parts = { kube, manifest, inputs: { ...inputs, from: "snapshot" as const } };
  await expect(checkClaim(parts, setOf("100Gi"))).resolves.toBeUndefined();
});

test("a volume that a run before has made is taken as it is, and left alone when it has something else", async () => {
  const labels = { "playbook/backup": manifest.id, "playbook/filled-with": "older" };
  const metadata = { name: "data-axon-a-0", labels };
  await using api = await startApi({ [`${CLAIMS}/data-axon-a-0`]: { metadata } as never });
  const kube = new KubeClient(api.connection, contextForTests());
  const check = (changes: object, ...contents: string[]) =>
    checkClaim(
      { kube, manifest: { ...manifest, ...changes }, inputs },
      setOf("100Gi"),
      ...contents,
    );

  await check({}, manifest.id, "older");
  await expect(check({}, "oldest")).rejects.toMatchObject({
    code: "volume-there",
    what: expect.stringContaining("filled with older"),
    next: expect.stringContaining("`base: older`"),
  });
  await expect(check({ id: "another" }, "older")).rejects.toMatchObject({
    code: "volume-there",
    why: expect.stringContaining("not of a restore of another"),
  });
});

test("a volume is made as large as the one that its snapshot was taken of", () => {
  const made = (storage: string, size?: string) =>
    atLeast(setOf(storage), size).claim.spec.resources.requests.storage;

  expect(made("100Gi", `${150 * GIB}`)).toBe(`${150 * GIB}`);
  expect(made("200Gi", `${150 * GIB}`)).toBe("200Gi");
  expect(made("100Gi")).toBe("100Gi");
});

test("who fills a volume is placed as its node will be", () => {
  const term = { topologyKey: "kubernetes.io/hostname", labelSelector: {} };
  const requests = { cpu: "1", memory: "2Gi" };
  const containers = [{ resources: { requests } }];
  const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [term] };
  const topologySpreadConstraints = [{ whenUnsatisfiable: "DoNotSchedule" as const }];

  expect(likeOf({ containers, affinity: { podAntiAffinity }, topologySpreadConstraints })).toEqual({
    placed: { requests, hosts: "required", zones: "DoNotSchedule" },
  });
  expect(likeOf({})).toEqual({
    placed: { requests: {}, hosts: "preferred", zones: "ScheduleAnyway" },
  });
});
