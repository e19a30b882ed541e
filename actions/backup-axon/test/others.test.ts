import type { Pod, StatefulSet } from "@playbook/kube";
import { othersAmong } from "../src/others.ts";

type Named = { release?: string; key?: string };

const labelsOf = (name: string, { release }: Named) => ({
  ...{ set: name, ...(release && { "app.kubernetes.io/instance": release }) },
});

function setOf(name: string, named: Named = {}): StatefulSet {
  const labels = labelsOf(name, named);
  const annotations = named.key ? { "axon/public-key": named.key } : {};
  const spec = { selector: { matchLabels: { set: name } }, template: { spec: {} } };
  return { metadata: { name, labels, annotations }, spec } as unknown as StatefulSet;
}

function podOf(name: string, named: Named = {}): Pod {
  return { metadata: { name: `${name}-0`, labels: labelsOf(name, named) } } as unknown as Pod;
}

const othersOf = (sets: Record<string, Named>) =>
  othersAmong(
    Object.entries(sets).map(([name, named]) => podOf(name, named)),
    Object.entries(sets).map(([name, named]) => setOf(name, named)),
    { release: "axon", pod: "own-0" },
  ).map(({ metadata }) => metadata.name);

test("a node of a release is compared with all others of it", () => {
  const axon = { release: "axon" };
  expect(othersOf({ own: axon, v0: { ...axon, key: "0x01" }, rpc: axon })).toEqual([
    "v0-0",
    "rpc-0",
  ]);
});

test("one of a chain made by hand is compared with the validators that say their keys", () => {
  expect(othersOf({ own: { key: "0x01" }, a: { key: "0x02" }, b: { key: "0x03" } })).toEqual([
    "a-0",
    "b-0",
  ]);
});

test("it is not compared with what is no validator, nor with another release's", () => {
  const other = { release: "other", key: "0x04" };
  expect(othersOf({ own: { key: "0x01" }, explorer: {}, other })).toEqual([]);
});
