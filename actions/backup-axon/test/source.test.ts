import type { Pod, StatefulSet } from "@playbook/kube";
import { imageOf } from "../src/image.ts";
import { goneWithin } from "../src/source.ts";

const DIGEST = `sha256:${"1".repeat(64)}`;

const running = (image: string, imageID: string) =>
  ({
    spec: {
      containers: [
        { name: "proxy", image: "proxy:1" },
        { name: "axon", image },
      ],
    },
    status: {
      containerStatuses: [
        { name: "proxy", imageID: `proxy@sha256:${"2".repeat(64)}` },
        { name: "axon", imageID },
      ],
    },
  }) as unknown as Pod;

test.each([
  ["registry.example:5000/chain/axon:v0.3.1", "registry.example:5000/chain/axon"],
  [`registry.example/axon@${DIGEST}`, "registry.example/axon"],
  ["axon", "axon"],
])("of %s the digest that runs counts, and not the tag", (image, repository) => {
  const pod = running(image, `docker-pullable://somewhere/else@${DIGEST}`);
  expect(imageOf(pod, "axon-sync-0", "axon")).toBe(`${repository}@${DIGEST}`);
});

test.each([
  ["is not there", undefined],
  ["has not started yet", running("axon:1", "")],
])("a pod that %s has no image to copy with", (_, pod) => {
  expect(() => imageOf(pod, "axon-sync-0", "axon")).toThrow(
    expect.objectContaining({ code: "source-not-running" }),
  );
});

test.each([
  [undefined, 210_000],
  [600, 780_000],
])("a node with a grace period of %s s may take %d ms to be gone", (seconds, ms) => {
  const spec = { template: { spec: { terminationGracePeriodSeconds: seconds } } };
  expect(goneWithin({ spec } as unknown as StatefulSet)).toBe(ms);
});
