import { jobOf, type Move } from "../src/mover.ts";
import type { Placed } from "../src/placement.ts";

const move: Move = {
  ...{ name: "axon-copy", namespace: "axon", labels: { of: "a backup" }, does: "pack" },
  ...{ backup: "b", image: "axon", claim: "data", parts: "", partBytes: 1, url: "https://s3" },
  ...{ region: "eu-central-1", role: "role", account: "axon-backup", like: {} },
};

test("a copy that takes hours is left where it is, and one that is evicted has not failed", () => {
  const { podFailurePolicy, template } = jobOf(move).spec;

  expect(podFailurePolicy.rules).toContainEqual({
    action: "Ignore",
    onPodConditions: [{ type: "DisruptionTarget", status: "True" }],
  });
  expect(template.metadata).toMatchObject({
    annotations: {
      "karpenter.sh/do-not-disrupt": "true",
      "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    },
  });
});

test("a volume that is restored is made where its node can be: the pod that fills it is placed alike", () => {
  const requests = { cpu: "2", memory: "8Gi" };
  const placed: Placed = { requests, hosts: "required", zones: "DoNotSchedule" };
  const spec = jobOf({ ...move, like: { placed } }).spec.template.spec;

  expect(spec).toMatchObject({
    containers: [
      { resources: { requests: { cpu: "2", memory: "8Gi" }, limits: { memory: "8Gi" } } },
    ],
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            topologyKey: "kubernetes.io/hostname",
            labelSelector: { matchLabels: { of: "a backup" } },
          },
        ],
      },
    },
    topologySpreadConstraints: [{ whenUnsatisfiable: "DoNotSchedule" }],
  });
});

test("a pod that copies a volume that is there asks for little and keeps to no rule", () => {
  const spec = jobOf(move).spec.template.spec;

  expect(spec).toMatchObject({
    containers: [
      { resources: { requests: { cpu: "250m", memory: "128Mi" }, limits: { memory: "1Gi" } } },
    ],
    topologySpreadConstraints: [{ whenUnsatisfiable: "ScheduleAnyway" }],
  });
  expect(spec).not.toHaveProperty("affinity");
});

test("a volume that comes late is rather made where none of its kind is: their pods have gone", () => {
  const key = "topology.kubernetes.io/zone";
  const others = ["a", "a", "b"].map((value) => ({ key, value }));
  const placed: Placed = { requests: {}, hosts: "preferred", zones: "ScheduleAnyway", others };
  const { affinity } = jobOf({ ...move, like: { placed } }).spec.template.spec as {
    affinity?: { nodeAffinity: object };
  };

  const wish = (zone: string) => ({
    weight: 33,
    preference: { matchExpressions: [{ key, operator: "NotIn", values: [zone] }] },
  });
  expect(affinity?.nodeAffinity).toEqual({
    preferredDuringSchedulingIgnoredDuringExecution: [wish("a"), wish("a"), wish("b")],
  });
});
