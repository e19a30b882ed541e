import { versionOf } from "../src/images.ts";

test.each([
  ["registry.example/axon:v0.3.1", "v0.3.1"],
  ["registry.example:5000/axon:v0.3.1", "v0.3.1"],
  ["registry.example:5000/axon", "latest"],
  ["axon:v0.3.1@sha256:0f0f", "v0.3.1"],
  ["registry.example:5000/axon@sha256:0f0f", "sha256:0f0f"],
  ["axon", "latest"],
])("the version of %s is %s", (image, version) => {
  expect(versionOf(image)).toBe(version);
});
