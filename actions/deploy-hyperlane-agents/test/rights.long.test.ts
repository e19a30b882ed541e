import { readFile } from "node:fs/promises";
import { type Grant, grantsOf, type Rule, withoutGrant } from "@playbook/access";
import { access } from "@playbook/access/format";
import { contextForTests } from "@playbook/action/testing";
import { until } from "@playbook/world";
import { parse } from "yaml";
import { giveRules, userOf } from "../../../test/kubernetes-rights.ts";
import { claim, whole } from "../../../test/proof.ts";
import { common, type Fleet, NAMESPACE, NOWHERE, openFleet } from "./fleet.ts";

const SYSTEM = "agents";
const RELEASE = "relayer-main-a";

let fleet: Fleet;
let rules: readonly Rule[];
let kubeconfig: string;
beforeAll(async () => {
  fleet = await openFleet({ builds: { bad: { crashes: true } } });
  await fleet.fund();
  const file = await readFile(new URL("../access.yml", import.meta.url), "utf8");
  rules = access.parse(parse(file)).kubernetes;
  kubeconfig = await fleet.cluster.kubeconfig(userOf(SYSTEM));
  await give(rules);
}, 1_200_000);
afterAll(() => fleet?.[Symbol.asyncDispose]());

const give = (given: readonly Rule[]) =>
  giveRules(fleet.cluster, { system: SYSTEM, namespace: NAMESPACE, rules: given });

/** One relayer: what is taken away is a right of the run, and it comes up soonest. */
const listed = () => ({ relayers: fleet.list.relayers });

const ON = { metrics: { serviceMonitor: { enabled: true } } };
const OFF = { network: { policy: { enabled: false } } };

let turn = 0;

/** Values that differ from all before: the agent is replaced. */
function next(values: object, tag = "v1"): Record<string, unknown> {
  turn += 1;
  return { ...common(tag), ...values, terminationGracePeriodSeconds: 20 + turn };
}

/** All that a run said, and how it ended. */
async function told(over: object, list: object = listed()) {
  const context = contextForTests();
  try {
    const { outputs, failure, summary } = await fleet.run({ kubeconfig, ...over }, list, context);
    const words = [failure?.message, ...context.warnings, summary].join("\n");
    return { outcome: String(outputs.outcome), words };
  } catch (error) {
    return { outcome: "failed", words: [String(error), ...context.warnings].join("\n") };
  }
}

/** Where the API has what is made by a patch when it is not there. */
const COLLECTIONS: Record<string, string> = {
  services: `/api/v1/namespaces/${NAMESPACE}/services`,
  serviceaccounts: `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`,
  statefulsets: `/apis/apps/v1/namespaces/${NAMESPACE}/statefulsets`,
  poddisruptionbudgets: `/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets`,
  networkpolicies: `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/networkpolicies`,
  servicemonitors: `/apis/monitoring.coreos.com/v1/namespaces/${NAMESPACE}/servicemonitors`,
};

/** Somebody deletes what the agent's release has of one kind. */
async function lose(plural: string): Promise<void> {
  const collection = COLLECTIONS[plural];
  if (!collection) return;
  const { api } = fleet.cluster;
  const of = async () =>
    (await api.list(collection)).filter(
      ({ metadata }) => metadata.annotations?.["meta.helm.sh/release-name"] === RELEASE,
    );
  for (const { metadata } of await of()) await api.delete(`${collection}/${metadata.name}`);
  await until(async () => (await of()).length === 0);
}

/** A relayer goes on without a chain that answers the run, and is to be started anew. */
async function withoutAChain() {
  const { destination, tellAgents } = fleet;
  await tellAgents(destination, NOWHERE);
  const said = await told({ set: next(ON), agentTimeout: 60_000 });
  await tellAgents(destination);
  return said;
}

/** What comes to need a right. */
async function need(grant: Grant) {
  const [, verb = "", plural = ""] = /^(\w+) (?:[\w.-]+\/)?([\w/]+)/.exec(grant) ?? [];
  if (["get pods", "get pods/log", "list events"].includes(grant)) {
    return told({ set: next(ON, "bad") });
  }
  if (grant === "create pods/eviction") return withoutAChain();
  if (verb === "delete" && ["networkpolicies", "servicemonitors"].includes(plural)) {
    return told({ set: next(OFF) });
  }
  if (verb === "delete") return told({ set: next(ON) }, {});
  return told({ set: next(ON) });
}

/** Whether words of ours, or of Helm's, name what may not be done. */
function names(words: string, grant: Grant): boolean {
  const [, verb, resource] = /^(\w+) (?:[\w.-]+\/(?!log|eviction))?([\w/]+)/.exec(grant) ?? [];
  return (
    words.includes(`may not ${verb} ${resource} `) ||
    words.includes(`cannot ${verb} resource "${resource}"`)
  );
}

test("each right in the cluster that is taken away is missed, and named; the next run goes on", async () => {
  const since = Date.now();
  const all = grantsOf(rules);
  const tried = all.filter((_, at) => whole || at % 8 === 0);
  const faults: string[] = [];
  for (const grant of tried) {
    const before = await told({ set: next(ON) });
    if (before.outcome !== "done") faults.push(`before ${grant}: ${before.words.slice(0, 800)}`);
    const [verb, plural = ""] = grant.replace(/ [\w.-]+\//, " ").split(" ");
    if (verb === "create") await lose(plural);
    await give(withoutGrant(rules, grant));
    const { words } = await need(grant);
    await give(rules);
    if (!names(words, grant)) faults.push(`without ${grant}: ${words.slice(0, 800)}`);
  }
  const after = await told({ set: next(ON) });
  expect(after).toMatchObject({ outcome: "done" });
  claim("A right in Kubernetes taken away from a rollout of agents: it fails, and says which", {
    ...{ tried: tried.length, of: all.length, passed: tried.length - faults.length },
    ...{ unit: "rights", since },
  });
  expect(faults).toEqual([]);
}, 1_800_000);
