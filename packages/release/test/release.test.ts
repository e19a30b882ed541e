import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { contextForTests } from "@playbook/action/testing";
import { KubeClient } from "@playbook/kube";
import { encode } from "../../kube/src/release.ts";
import { ChartRelease } from "../src/release.ts";

type Kept = [status: string, ...names: string[]];

/** A release whose revisions are these, in the order in which Helm made them. */
async function releaseOf(kept: readonly Kept[]) {
  const items = await Promise.all(
    kept.map(async ([status, ...names], at) => {
      const manifest = names.map((name) => `kind: ConfigMap\nmetadata: { name: ${name} }`);
      const release = await encode("configmap", { manifest: manifest.join("\n---\n") });
      const labels = { owner: "helm", name: "axon", status, version: String(at + 1) };
      const creationTimestamp = "2026-01-01T00:00:00Z";
      const metadata = { name: `sh.helm.release.v1.axon.v${at + 1}`, labels, creationTimestamp };
      return { metadata, data: { release } };
    }),
  );
  const server = createServer((_, response) => {
    // The API server lists by names: the tenth one comes before the second.
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ items: items.toReversed() }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const context = contextForTests();
  const connection = {
    ...{ cluster: "a test's", server: `http://127.0.0.1:${port}`, unknownRemedy: "" },
    ...{ credential: async () => ({}), renew: () => {} },
  };
  const inputs = {
    ...{ namespace: "axon", release: "axon", values: [], set: {}, helm: "helm", env: {} },
    helmStorage: "configmap" as const,
  };
  const release = await ChartRelease.open(new KubeClient(connection, context), inputs, context);
  const close = async () => {
    await release[Symbol.asyncDispose]();
    server.closeAllConnections();
    server.close();
  };
  return { release, [Symbol.asyncDispose]: close };
}

const namesOf = (all: { metadata: { name: string } }[]) => all.map(({ metadata }) => metadata.name);

test.each<[string, Kept[], string[], string[]]>([
  ["nothing before the first", [], [], []],
  [
    "nothing where the newest is deployed",
    [
      ["superseded", "a"],
      ["deployed", "b"],
    ],
    ["b"],
    [],
  ],
  [
    "all that was tried since, in its order",
    [
      ["superseded", "a"],
      ["deployed", "b"],
      ["failed", "c", "d"],
      ["pending-upgrade", "e"],
    ],
    ["b"],
    ["c", "d", "e"],
  ],
  [
    "nothing that was taken back",
    [
      ["superseded", "a"],
      ["failed", "b"],
      ["deployed", "a"],
    ],
    ["a"],
    [],
  ],
  [
    "what a first one has left that never was",
    [
      ["failed", "a"],
      ["failed", "b"],
    ],
    [],
    ["a", "b"],
  ],
  [
    "what came after the last that was, where none is deployed",
    [
      ["superseded", "a"],
      ["failed", "b"],
    ],
    ["a"],
    ["b"],
  ],
])("of a release is current, and was tried: %s", async (_, kept, current, tried) => {
  await using there = await releaseOf(kept);

  expect(namesOf(await there.release.current())).toEqual(current);
  expect(namesOf(await there.release.tried())).toEqual(tried);
});
