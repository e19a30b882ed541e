import { jobOf, type Move } from "../src/mover.ts";

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
