import type { StatefulSet } from "@playbook/kube";
import { isValidator } from "../src/old-sets.ts";

type Labels = Record<string, string>;

function setOf(labels: Labels, podLabels: Labels, annotations: Labels = {}): StatefulSet {
  return {
    metadata: { name: "one", labels, annotations },
    spec: { template: { metadata: { labels: podLabels } } },
  } as StatefulSet;
}

const CHART = {
  "app.kubernetes.io/instance": "axon",
  "app.kubernetes.io/component": "validator",
};
const KEY = { "axon/public-key": "0x02" };

test.each<[string, boolean, StatefulSet]>([
  ["by the labels of the set", true, setOf({ app: "axon" }, {})],
  ["by those of its pods", true, setOf({}, { app: "axon" })],
  ["not by others", false, setOf({ app: "database" }, { app: "database" })],
  ["not by what the chart gives it, where labels are named", false, setOf(CHART, CHART, KEY)],
])("a validator of the old chain is known %s", (_, isOne, set) => {
  expect(isValidator({ labels: { app: "axon" }, release: "axon" })(set)).toBe(isOne);
});

test.each<[string, boolean, StatefulSet]>([
  ["by what the chart gives it", true, setOf(CHART, {})],
  ["by what the chart gives its pods", true, setOf({}, CHART)],
  ["by its public key", true, setOf({}, {}, KEY)],
  [
    "not by the release alone",
    false,
    setOf({ ...CHART, "app.kubernetes.io/component": "rpc" }, {}),
  ],
])("without labels it is known %s", (_, isOne, set) => {
  expect(isValidator({ labels: undefined, release: "axon" })(set)).toBe(isOne);
});
