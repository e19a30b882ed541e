import { realClock } from "@playbook/action";
import { contextForTests } from "@playbook/action/testing";
import { connectByFile, KubeClient } from "@playbook/kube";
import { type Cluster, startCluster, type User } from "@playbook/world";
import { answersTo } from "../src/dry-run.ts";
import { type Manifest, parseObjects } from "../src/preflight/manifest.ts";

const namespace = "default";

let cluster: Cluster;
let kube: KubeClient;
beforeAll(async () => {
  cluster = await startCluster();
  kube = await clientOf({ name: "ada", groups: ["system:masters"] });
}, 1_200_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

async function clientOf(user: User): Promise<KubeClient> {
  const path = await cluster.kubeconfig(user);
  return new KubeClient(
    await connectByFile({ path, clock: realClock, env: {} }),
    contextForTests({}),
  );
}

type Options = {
  last?: string;
  isUpgrade?: boolean;
  applies?: boolean;
  stops?: boolean;
  client?: KubeClient;
};

/** What the API server has against what is rendered; nothing where it would take it. */
async function saidOf(text: string, options: Options = {}): Promise<string[]> {
  const { last = "", client = kube, ...rest } = options;
  const how = { isUpgrade: false, applies: true, stops: false, ...rest };
  const shown = { namespace, last: parseObjects(last), ...how };
  const answers = await answersTo(client, parseObjects(text), shown);
  return answers.map(({ one, said }) => `${one.metadata.name}: ${said.code}: ${said.why}`);
}

const set = (name: string, env: string) => `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ${name}}
spec:
  serviceName: a
  replicas: 0
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec: {containers: [{name: c, image: i, env: ${env}}]}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1024Mi}}}
`;

const sound = '[{name: X, value: "x"}]';

/** As Helm leaves it, by somebody else's hand. */
async function make(text: string): Promise<void> {
  for (const one of parseObjects(text) as Required<Manifest>[]) {
    const collection = one.kind === "Job" ? "jobs" : "statefulsets";
    const group = one.kind === "Job" ? "batch/v1" : "apps/v1";
    await cluster.api.create(`/apis/${group}/namespaces/${namespace}/${collection}`, one as never);
  }
}

test.each([
  [
    "a variable from two sources",
    "[{name: X, value: x, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]",
    /valueFrom/,
  ],
  [
    "a field that pods do not have",
    "[{name: X, valueFrom: {fieldRef: {fieldPath: metadata.bogus}}}]",
    /metadata\.bogus/,
  ],
  ["a number where text has to be", "[{name: X, value: 5}]", /value/],
  ["a field that there is not", "[{name: X, valeu: x}]", /valeu/],
])("%s is refused, in a new object and in one that is there", async (name, env, words) => {
  const at = `there-${name.length}-${env.length}`;
  await make(set(at, sound));

  expect(await saidOf(set("new", env))).toEqual([expect.stringMatching(words)]);
  expect(await saidOf(set(at, env), { last: set(at, sound) })).toEqual([
    expect.stringMatching(words),
  ]);
});

test("what is sound is taken, and nothing is kept of it", async () => {
  const other = "[{name: X, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]";
  await make(set("kept", sound));

  expect(await saidOf(set("fresh", sound))).toEqual([]);
  expect(await saidOf(set("kept", other), { last: set("kept", sound) })).toEqual([]);

  const sets = `/apis/apps/v1/namespaces/${namespace}/statefulsets`;
  expect(await cluster.api.find(`${sets}/fresh`)).toBeUndefined();
  const kept = await cluster.api.get(`${sets}/kept`);
  expect(kept.spec.template.spec.containers[0].env).toEqual([{ name: "X", value: "x" }]);
});

const job = (name: string, image: string, hook = "") => `
apiVersion: batch/v1
kind: Job
metadata: {${name}${hook && `, annotations: {helm.sh/hook: ${hook}}`}}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: "${image}"}]}}}
`;

test("a hook is asked about as a new one, whatever is there of its name, and when Helm makes it", async () => {
  await make(job("name: hook", "i:1"));

  expect(await saidOf(job("name: hook", "i:2"))).toEqual([expect.stringContaining("immutable")]);
  expect(await saidOf(job("name: hook", "i:2", "pre-install"))).toEqual([]);
  expect(await saidOf(job("name: hook", "", "pre-install"))).toHaveLength(1);
  expect(await saidOf(job("name: hook", "", "pre-upgrade, test"))).toEqual([]);
  expect(
    await saidOf(job("name: hook", "", "pre-upgrade, test"), { isUpgrade: true }),
  ).toHaveLength(1);
  expect(await saidOf(job("generateName: some-", "i:1"))).toEqual([]);
});

test("a kind that nobody has, and a namespace that nobody has made, are told apart", async () => {
  const unknown = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: t}";
  const elsewhere = set("e", sound).replace("{name: e}", "{name: e, namespace: nowhere}");

  expect(await saidOf(unknown)).toEqual([]);
  expect(await saidOf(elsewhere)).toEqual(['e: kube-absent: namespaces "nowhere" not found']);
});

test("variables of one name are refused by server-side apply alone, and at once", async () => {
  const twice = set("twice", '[{name: X, value: "1"}, {name: X, value: "2"}]');

  expect(await saidOf(twice)).toEqual([expect.stringContaining("duplicate entries for key")]);
  expect(await saidOf(twice, { applies: false })).toEqual([]);
}, 30_000);

test("who may not write is told so for each object, or once", async () => {
  const client = await clientOf({ name: "eve", groups: [] });
  const two = `${set("one", sound)}\n---\n${set("two", sound)}`;
  const words = expect.stringContaining('cannot patch resource "statefulsets"');

  expect(await saidOf(two, { client })).toEqual([words, words]);
  expect(await saidOf(two, { client, stops: true })).toEqual([words]);
});
