import { readFile } from "node:fs/promises";
import { type Grant, grantsOf, systemsOf } from "@playbook/access";
import { access } from "@playbook/access/format";
import { parse } from "yaml";
import {
  actionsOf,
  askedBy,
  becomeJob,
  openRole,
  productionJob,
} from "../../../test/aws-rights.ts";
import { giveRules, refusedTo, usedBy, userOf } from "../../../test/kubernetes-rights.ts";
import { common, type Fleet, NAMESPACE, NOWHERE, openFleet } from "./fleet.ts";

const SYSTEM = "agents";
const CLUSTER = "khalani";

const job = productionJob("acme/nexus", "hyperlane");

const text = (path: string) => readFile(new URL(path, import.meta.url), "utf8");

let fleet: Fleet;
let role: string;
let systems: ReturnType<typeof systemsOf>;
beforeAll(async () => {
  fleet = await openFleet({ relayers: 2, eks: CLUSTER, builds: { bad: { crashes: true } } });
  await fleet.fund();
  const { aws, cluster, world } = fleet;
  const parameters = { AgentsRegion: aws.region, AgentsCluster: CLUSTER };
  ({ role } = await openRole(aws, { job, system: "Agents", parameters }));
  systems = systemsOf(SYSTEM, access.parse(parse(await text("../access.yml"))).kubernetes);
  for (const [system, rules] of systems) {
    await giveRules(cluster, { system, namespace: NAMESPACE, rules });
  }
  becomeJob({ ...world, aws }, job);
}, 1_200_000);
afterAll(() => fleet?.[Symbol.asyncDispose]());

/** Relayers alone: they come up sooner. */
const relayers = () => ({ relayers: fleet.list.relayers });

/** Runs as the role, which comes into the cluster as this system. */
function running(over: object, list: object = relayers(), system = SYSTEM) {
  const { aws } = fleet;
  const { name: username, groups } = userOf(system);
  aws.grantAccess(CLUSTER, { principal: role, groups, username });
  const way = { kubeconfig: undefined, cluster: CLUSTER, region: aws.region, role };
  return fleet.run({ ...way, ...over }, list);
}

const monitored = (tag: string) => ({
  ...common(tag),
  metrics: { serviceMonitor: { enabled: true } },
});
const plain = (tag: string) => ({ ...common(tag), network: { policy: { enabled: false } } });

/** A relayer goes on without a chain that answers the run, and is started anew. */
async function withoutAChain() {
  const { destination, tellAgents } = fleet;
  await tellAgents(destination, NOWHERE);
  const report = await running({ set: plain("v2"), agentTimeout: 60_000 });
  await tellAgents(destination);
  return report;
}

/** What is not there is made by a patch, which the API server judges as `create`, too. */
const alsoJudged = (grant: Grant, all: Grant[]) =>
  grant.startsWith("create ") && all.includes(grant.replace("create", "patch"));

test("all that may be done in the cluster is used, and nothing beside it but a look for Secrets", async () => {
  const { cluster } = fleet;
  const outcomes = [
    (await running({ mode: "plan", set: monitored("v1") }, relayers(), `${SYSTEM}-plan`)).outputs,
    (await running({ set: monitored("v1") })).outputs,
    (await running({ set: monitored("bad") })).outputs,
    (await withoutAChain()).outputs,
    (await running({ set: plain("v2") })).outputs,
    (await running({ set: plain("v2") }, {})).outputs,
  ].map((outputs) => outputs.outcome ?? outputs["can-apply"]);

  expect(outcomes).toEqual([true, "done", "held", "held", "done", "done"]);
  for (const [system, rules] of systems) {
    const grants = grantsOf(rules);
    const used = usedBy(cluster, userOf(system)).filter((grant) => grant !== "get secrets");
    const judged = grants.filter((grant) => alsoJudged(grant, grants));
    expect([...new Set([...used, ...judged])].sort()).toEqual(grants);
    expect(new Set(refusedTo(cluster, userOf(system)))).toEqual(new Set(["get secrets"]));
  }
}, 300_000);

test("in AWS it finds its cluster, reads public keys, and does nothing else", async () => {
  const { aws } = fleet;
  aws.clearCalls();

  const { outputs } = await running({ mode: "plan" }, fleet.list, `${SYSTEM}-plan`);

  expect(outputs.findings).toMatchObject([{ code: "secrets-unseen", level: "warning" }]);
  const own = askedBy(aws, role);
  expect(actionsOf(own)).toEqual(["eks:DescribeCluster", "kms:GetPublicKey"]);
  expect(own.filter(({ allowed }) => !allowed)).toEqual([]);
});

test("without the right to see public keys it says that it has not looked", async () => {
  using _ = fleet.aws.withoutPermission(role, "kms:GetPublicKey");
  const { outputs } = await running({ mode: "plan" }, fleet.list, `${SYSTEM}-plan`);

  const findings = outputs.findings as { code: string }[];
  expect(findings.filter(({ code }) => code === "key-unseen")).toHaveLength(5);
  expect(outputs).toMatchObject({ "can-apply": true });
});

test("without the right to find its cluster it says so", async () => {
  using _ = fleet.aws.withoutPermission(role, "eks:DescribeCluster");
  await expect(running({ mode: "plan" })).rejects.toMatchObject({ code: "access-denied" });
});

test.each([
  ["get", "secrets"],
  ["create", "pods"],
  ["create", "pods/exec"],
  ["create", "rolebindings"],
  ["delete", "persistentvolumeclaims"],
  ["create", "storageclasses"],
])("a role that rolls agents out may not %s %s", async (verb, what) => {
  const kubeconfig = await fleet.cluster.kubeconfig(userOf(SYSTEM));
  const asked = fleet.cluster.kubectl(["auth", "can-i", verb, what, "--namespace", NAMESPACE], {
    kubeconfig,
  });
  await expect(asked).rejects.toThrow(/\bno\b/);
});
