import { merged, ofKind, renderedBy, type Values } from "../../../../test/charts.ts";
import { chart, rendered, validatorSets } from "./rendered.ts";
import { leastValues, ROCKSDB, type Validator, withRoles } from "./values.ts";

const least = (over: Values = {}) => merged(leastValues(), over);

/** Values with one validator changed. */
const withValidator = (at: number, change: Partial<Validator> & Values) => ({
  validators: leastValues().validators.map((one, place) =>
    place === at ? { ...one, ...change } : one,
  ),
});

async function said(values: Values, release = "axon"): Promise<string> {
  return await renderedBy(chart, values, { release, namespace: "axon" }).then(
    () => "rendered",
    (error: { stderr: string }) => error.stderr,
  );
}

const LONG = "a".repeat(40);

test.each([
  ["axon.prod", "nameOverride"],
  ["1axon", "nameOverride"],
])(
  "a release called %s has no name for services, and gets one by nameOverride",
  async (release, name) => {
    expect(await said(least(), release)).toContain(name);
    expect(await said(least({ nameOverride: "axon-prod" }), release)).toBe("rendered");
  },
);

test("a set whose name leaves no room for its pods' revision is refused, and the longest is not", async () => {
  const named = (letters: number) => least(withValidator(0, { name: "v".repeat(letters) }));

  expect(await said(named(11), LONG)).toBe("rendered");
  expect(await said(named(12), LONG)).toContain("validators[0].name");
});

test.each<[string, Partial<Validator> & Values, string]>([
  ["a Secret that is another's by its name", { existingSecret: "axon-v1-keys" }, "existingSecret"],
  ["a volume that is another's by its name", { existingClaim: "data-axon-v1-0" }, "existingClaim"],
])("%s is refused", async (_, change, field) => {
  expect(await said(least(withValidator(0, change)))).toContain(
    `validators[1].${field} is ${change[field]}, as that of validators[0]`,
  );
});

test("a Secret and a volume may be called the same", async () => {
  const change = { existingSecret: "one", existingClaim: "one" };

  expect(await said(least(withValidator(0, change)))).toBe("rendered");
});

const ELSEWHERE =
  "/dns4/axon.example.com/tcp/30001/p2p/QmNk6bBwkLPuqnsrtxpp819XLZY3ymgjs3p1nKtxBVgqxj";

test("peers elsewhere are let out to, at the ports that they have, or refused", async () => {
  const peers = [{ ipBlock: { cidr: "203.0.113.0/24" } }];
  const network = (policy: Values) => least({ network: { bootstraps: [ELSEWHERE], policy } });

  expect(await said(network({}))).toContain("network.policy.peers");
  expect(await said(network({ enabled: false }))).toBe("rendered");
  const policies = ofKind(await rendered(network({ peers })), "NetworkPolicy");
  const egress = policies.flatMap(({ spec }) => spec.egress ?? []);
  expect(egress.find(({ to }) => JSON.stringify(to) === JSON.stringify(peers))?.ports).toEqual([
    { port: 30_001 },
    { port: 8_001 },
  ]);
});

test("a node that cannot meet all others is refused", async () => {
  const autoscaling = { enabled: true, maxReplicas: 30 };
  const crowd = (maxConnectedPeers: number) =>
    least({ network: { maxConnectedPeers }, rpc: { autoscaling } });

  expect(await said(crowd(34))).toContain("network.maxConnectedPeers: a node has up to 35 others");
  expect(await said(crowd(35))).toBe("rendered");
});

test.each([
  ["no params", "[genesis]\nchain_id = ID\n", "chain.spec: [params] is missing"],
  ["a genesis that is a number", "genesis = 5\n[params]\n", "chain.spec: [genesis] is missing"],
  [
    "validators without keys",
    "[genesis]\nchain_id = ID\n[[params.verifier_list]]\nvote_weight = 1\n",
    "chain.spec: params.verifier_list[0].pub_key is missing",
  ],
  [
    "validators that are text",
    '[genesis]\nchain_id = ID\n[params]\nverifier_list = ["a"]\n',
    "chain.spec: params.verifier_list[0].pub_key is missing",
  ],
])("a chain spec with %s is refused", async (_, spec, words) => {
  const { chain } = leastValues() as unknown as { chain: { id: number } };
  const text = spec.replace("ID", `${chain.id}`);

  expect(await said(least({ chain: { spec: text } }))).toContain(words);
});

test("texts that begin with spaces are passed on as they are", async () => {
  const options = `  ${ROCKSDB}`;
  const manifests = await rendered(least({ config: { rocksdb: { options } } }));

  const [{ data } = { data: {} }] = ofKind(manifests, "ConfigMap");
  expect(data["rocksdb.options"].trimEnd()).toBe(options.trimEnd());
});

test.each([
  ["ClusterIP", "externalTrafficPolicy", "Local"],
  ["ClusterIP", "loadBalancerSourceRanges", ["203.0.113.0/24"]],
  ["NodePort", "loadBalancerClass", "service.k8s.aws/nlb"],
])("a Service of type %s has no %s", async (type, field, value) => {
  const service = { type, [field]: value };

  expect(await said(least({ rpc: { service } }))).toContain(`rpc.service.${field}`);
});

test("labels of one's own are on every pod of a role, and none of the chart's is given up", async () => {
  const podLabels = { "example.com/team": "chain" };
  const sets = validatorSets(await rendered(least({ validator: { podLabels } })));

  for (const { spec } of sets) {
    expect(spec.template.metadata.labels).toMatchObject({
      ...podLabels,
      ...spec.selector.matchLabels,
    });
    expect(spec.selector.matchLabels).not.toHaveProperty(["example.com/team"]);
  }
  const taken = { validator: { podLabels: { "axon/validator": "other" } } };
  expect(await said(least(taken))).toContain("/validator/podLabels");
  const podAnnotations = { "kubectl.kubernetes.io/default-container": "other" };
  expect(await said(least({ rpc: { podAnnotations } }))).toContain("/rpc/podAnnotations");
});

test("variables that the chart sets are not set again", async () => {
  const env = [{ name: "AXON_PEERS", value: "" }];

  expect(await said(least({ rpc: { env } }))).toContain("/rpc/env/0/name");
});

test("names of the chart's own parts are no validators to be let go", async () => {
  expect(await said(least({ rollout: { letGo: ["rpc"] } }))).toContain("rollout.letGo");
});

test("an autoscaler that is not made is not judged", async () => {
  expect(await said(least({ rpc: { enabled: false, replicas: 9 } }))).toBe("rendered");
});

test("containers that run before a node ask for what the node asks for", async () => {
  const validators = withRoles(leastValues().validators);
  const sets = validatorSets(await rendered(least({ keys: { source: "csi" }, validators })));
  const { initContainers, containers } = sets[0]?.spec.template.spec ?? {};

  expect(initContainers).toHaveLength(2);
  for (const { resources } of initContainers) expect(resources).toEqual(containers[0].resources);
});
