import type { Pod } from "@playbook/kube";
import { imageOf } from "../src/source.ts";

const DIGEST = `sha256:${"1".repeat(64)}`;

const running = (image: string, imageID: string) =>
  ({
    spec: { containers: [{ name: "axon", image }] },
    status: { containerStatuses: [{ name: "axon", imageID }] },
  }) as unknown as Pod;

test.each([
  ["registry.example:5000/chain/axon:v0.3.1", "registry.example:5000/chain/axon"],
  [`registry.example/axon@${DIGEST}`, "registry.example/axon"],
  ["axon", "axon"],
])("of %s the digest that runs counts, and not the tag", (image, repository) => {
  const pod = running(image, `docker-pullable://somewhere/else@${DIGEST}`);
  expect(imageOf(pod, "axon-sync-0")).toBe(`${repository}@${DIGEST}`);
});

test.each([
  ["is not there", undefined],
  ["has not started yet", running("axon:1", "")],
])("a pod that %s has no image to copy with", (_, pod) => {
  expect(() => imageOf(pod, "axon-sync-0")).toThrow(
    expect.objectContaining({ code: "source-not-running" }),
  );
});
