import { unheldIn } from "../../src/preflight/chain/unheld.ts";
import { type Manifest, parseManifests, statefulSets } from "../../src/preflight/manifest.ts";
import { choiceOf } from "../../src/validators.ts";
import { found, ids, keyedSets, made } from "./chain.ts";

type Changes = {
  kind?: string;
  key?: string | undefined;
  labels?: object;
  image?: string;
  command?: string[];
};

/** What runs a node, and is no set. */
function other({
  kind = "Deployment",
  key,
  labels = {},
  image = "r/axon:v1",
  command,
}: Changes): Manifest {
  const annotations: Record<string, string> = key ? { "axon/public-key": key } : {};
  const metadata = { name: "x", labels: {}, annotations };
  const pod = { containers: [{ name: "n", image, ...(command && { command }) }] };
  const marks = { labels, annotations: {} };
  if (kind === "Pod") return { kind, metadata: { ...metadata, labels } as never, spec: pod };
  return { kind, metadata, spec: { replicas: 1, template: { metadata: marks, spec: pod } } };
}

const unheld = (more: Manifest, voters = 5) => {
  const rendered = keyedSets(4);
  const all = found({ rendered, live: keyedSets(4).map((set) => made(set)), voters, more: [more] });
  return all
    .filter(({ code }) => code === "validator-unheld")
    .map(({ level, at }) => `${level} ${at}`);
};

test.each(["Deployment", "ReplicaSet", "Pod"])("a validator that is a %s is found", (kind) => {
  expect(unheld(other({ kind, key: ids(5)[4] }))).toEqual([`error ${kind} x`]);
});

test("what has the labels of validators and runs a node is told, and nothing else", () => {
  const labels = { app: "axon" };

  expect(unheld(other({ labels }))).toEqual(["warning Deployment x"]);
  expect(unheld(other({ labels, image: "r/explorer:v1" }))).toEqual([]);
  expect(unheld(other({ labels: { app: "rpc" } }))).toEqual([]);
  expect(unheld(other({ labels, key: ids(7)[6] }))).toEqual([]);
  expect(unheld(other({ kind: "Job", labels }))).toEqual([]);
});

test.each([
  [["sh", "-c", "axon --version; exec sleep infinity"], []],
  [["/bin/sleep", "1d"], []],
  [["sh", "-c", "trap 'exit 0' TERM; tail -f /dev/null & wait"], []],
  [["sh", "-c", "sleep 5; axon run -c /c.toml"], ["warning DaemonSet x"]],
  [["/start.sh"], ["warning DaemonSet x"]],
])("pods that run %j, are told where they may be validators", (command, told) => {
  expect(unheld(other({ kind: "DaemonSet", labels: { app: "axon" }, command }))).toEqual(told);
});

test.each([
  ["apps.kruise.io/v1beta1", "StatefulSet"],
  ["apps.kruise.io/v1alpha1", "CloneSet"],
  ["argoproj.io/v1alpha1", "Rollout"],
  ["serving.knative.dev/v1", "Service"],
])("of %s a validator's %s is none that a rollout holds", (apiVersion, kind) => {
  const labelled = { ...other({ kind, labels: { app: "axon" } }), apiVersion };
  const keyed = { ...other({ kind, key: ids(5)[4] }), apiVersion };

  expect(unheld(labelled)).toEqual([`warning ${kind} x`]);
  expect(unheld(keyed)).toEqual([`error ${kind} x`]);
  expect(statefulSets([keyed])).toEqual([]);
  expect(unheldIn([keyed, labelled], choiceOf(PLACE, []))).toEqual([labelled]);
});

const PLACE = { validators: "app=axon", release: "axon", publicKeys: new Map() };

test("a chart whose validators are Deployments says which", () => {
  const all = [other({ labels: { app: "axon" } }), other({ kind: "Pod" })];

  expect(unheldIn(all, choiceOf(PLACE, []))).toEqual([all[0]]);
});

test("a public key that is written without quotes breaks nothing", () => {
  const rendered = parseManifests(`
kind: StatefulSet
metadata: { name: a }
spec:
  template:
    metadata: { annotations: { axon/public-key: 0x03ab }, labels: { app: axon, node: 0 } }
    spec: { containers: [{ name: axon, image: axon }] }
`);

  expect(rendered[0]).toMatchObject({
    spec: { template: { metadata: { annotations: { "axon/public-key": "939" } } } },
  });
});
