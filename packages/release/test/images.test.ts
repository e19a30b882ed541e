import type { Pod } from "@playbook/kube";
import { axonIn, changesOf, versionOf, versionsIn } from "../src/images.ts";
import { setOf } from "./preflight/sets.ts";

test.each([
  ["registry.example/axon:v0.3.1", "v0.3.1"],
  ["registry.example:5000/axon:v0.3.1", "v0.3.1"],
  ["registry.example:5000/axon", "latest"],
  ["axon:v0.3.1@sha256:0f0f", "v0.3.1"],
  ["registry.example:5000/axon@sha256:0f0f", "sha256:0f0f"],
  ["axon", "latest"],
  ["axon:main@sha256:ab", "sha256:ab"],
  ["axon:v0.3.1@sha256:ab", "v0.3.1"],
])("the version of %s is %s", (image, version) => {
  expect(versionOf(image)).toBe(version);
});

describe("the container that runs Axon", () => {
  const proxy = { name: "proxy", image: "istio/proxy:1.20.0", args: ["--upstream", "axon-0:8000"] };

  test.each([
    ["command", { name: "node", image: "r/chain:v0.3.1", command: ["./axon", "run", "-c", "c"] }],
    ["script", { name: "node", image: "r/chain:v0.3.1", args: ["exec /app/axon -q run -c c"] }],
    ["image", { name: "node", image: "r/axon:v0.3.1", args: ["run"] }],
    ["arguments", { name: "node", image: "r/chain:v0.3.1", args: ["run", "-c", "c"] }],
    ["fork's image", { name: "node", image: "r:5000/el-axon:v0.3.1" }],
    ["name", { name: "axon1", image: "r/chain:v0.3.1" }],
    ["volume", { name: "node", image: "r/chain:v0.3.1", volumeMounts: [{ name: "data" }] }],
  ])("is known by its %s, wherever it stands", (_, node) => {
    const exporter = { name: "axon-exporter", image: "r/axon-exporter:1" };

    expect(axonIn([proxy, exporter, node], ["data"])).toBe(node);
    expect(axonIn([proxy], ["data"])).toBe(proxy);
  });
});

describe("what is changed", () => {
  const proxy = { name: "proxy", image: "istio/proxy:1.20.0" };
  const imaged = (name: string, tag: string) => {
    const node = { name: "axon", image: `r/axon:${tag}`, command: ["axon", "run"] };
    return setOf(name, { pod: { containers: [proxy, node] } });
  };
  const pod = (tag: string) =>
    ({ spec: { containers: [proxy, { name: "axon", image: `r/axon:${tag}` }] } }) as Pod;

  test("is what every pod of every set runs, each once", () => {
    const sets = [imaged("a", "v0.3.2"), imaged("b", "v0.3.2"), imaged("c", "v0.4.0")];
    const running = new Map([
      ["a", [pod("v0.3.1"), pod("v0.3.2")]],
      ["b", [pod("v0.3.1")]],
    ]);
    const changes = changesOf(sets, ({ metadata }) => running.get(metadata.name) ?? []);

    expect(changes).toEqual([
      { from: "v0.3.1", to: "v0.3.2" },
      { from: "v0.3.2", to: "v0.3.2" },
      { from: null, to: "v0.4.0" },
    ]);
    expect(versionsIn(changes)).toEqual({ from: "v0.3.1, v0.3.2", to: "v0.3.2, v0.4.0" });
    expect(versionsIn(changesOf(sets.slice(0, 1), () => []))).toEqual({
      from: null,
      to: "v0.3.2",
    });
  });
});
