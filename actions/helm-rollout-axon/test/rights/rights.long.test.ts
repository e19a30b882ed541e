import { type Grant, grantsOf, type Rule, withoutGrant } from "@playbook/access";
import { actionsOf, askedBy } from "../../../../test/aws-rights.ts";
import {
  giveRules,
  refusedTo,
  untoldTo,
  usedBy,
  userOf,
} from "../../../../test/kubernetes-rights.ts";
import { claim, whole } from "../../../../test/proof.ts";
import { Acts, type Told } from "./acts.ts";
import { actFor } from "./needs.ts";
import { applyManifest, NAME, openPlace, type Place } from "./place.ts";
import { SYSTEM, systems } from "./rules.ts";

const PLAN = `${SYSTEM}-plan`;

let place: Place;
let acts: Acts;
beforeAll(async () => {
  place = await openPlace();
  acts = await Acts.open(place);
  // It has other actions' rights, too: here are this one's alone.
  await applyManifest(place.cluster);
  await place.restore();
}, 1_200_000);
afterAll(() => place?.[Symbol.asyncDispose]());

const grantsTo = (system: string) => grantsOf(systems.get(system) ?? []);

/**
 * What the API server judges a request by as well: the GET that becomes a port-forward, and the
 * patch that makes what is not there. The tests that take one away show that it is needed.
 */
const alsoJudged = (grant: Grant) =>
  grant === "create pods/portforward" ||
  (grant.startsWith("create ") && grantsTo(SYSTEM).includes(grant.replace("create", "patch")));

test("a plan, an installation, upgrades and a way back use all that the manifest allows, and nothing beside it", async () => {
  const { aws, cluster, roles } = place;
  aws.clearCalls();

  const told: Record<string, Told> = { before: await acts.plan(), first: await acts.upgrade() };
  await acts.age();
  told.plan = await acts.plan();
  told.upgrade = await acts.heldUp();
  told.back = await acts.turnBack();
  told.forward = await acts.forwardOnly();

  const outcomes = Object.entries(told).map(([name, { outcome }]) => [name, outcome]);
  expect(Object.fromEntries(outcomes)).toEqual({
    ...{ before: "true", first: "done", plan: "true" },
    ...{ upgrade: "done", back: "taken-back", forward: "done" },
  });
  expect(told.back?.words).toContain("FailedMount");
  for (const system of [SYSTEM, PLAN]) {
    const used = usedBy(cluster, userOf(system));
    const judged = grantsTo(system).filter(alsoJudged);
    expect([...new Set([...used, ...judged])].sort()).toEqual(grantsTo(system));
    expect(refusedTo(cluster, userOf(system))).toEqual([]);
  }
  // Who plans asks once what the cluster would refuse, and says that it was not told.
  expect(untoldTo(cluster, userOf(SYSTEM))).toEqual([]);
  expect(untoldTo(cluster, userOf(PLAN))).toHaveLength(1);
  expect(told.plan?.words).toContain("cluster-unasked");
  const asked = Object.values(roles).flatMap((role) => askedBy(aws, role));
  expect(actionsOf(asked)).toEqual(["eks:DescribeCluster"]);
}, 600_000);

test("each right that is taken away is missed, and named", async () => {
  const since = Date.now();
  const all = [SYSTEM, PLAN].flatMap((system) =>
    grantsTo(system).map((grant) => ({ system, grant })),
  );
  const tried = all.filter((_, at) => whole || at % 7 === 0);
  const faults: string[] = [];
  for (const { system, grant } of tried) {
    const act = actFor(grant, system === PLAN);
    await act.prepare(acts);
    const rules = without(systems.get(system) ?? [], grant);
    await giveRules(place.cluster, { system, namespace: NAME, rules });
    const { words } = await act.run(acts);
    await place.restore();
    if (!names(words, grant)) faults.push(`${system} without ${grant}: ${words.slice(0, 500)}`);
  }
  claim("A right in Kubernetes taken away from a rollout: it fails, or does without and says so", {
    ...{ tried: tried.length, of: all.length, passed: tried.length - faults.length },
    ...{ unit: "rights", since },
  });
  expect(faults).toEqual([]);
}, 1_800_000);

/** What is allowed in the whole cluster is in the namespace, too. */
function without(rules: readonly Rule[], grant: Grant): Rule[] {
  return withoutGrant(withoutGrant(rules, grant), `${grant} in the cluster`);
}

/** Whether words of ours, or of Helm's, name what may not be done. */
function names(words: string, grant: Grant): boolean {
  const [, verb, resource] = /^(\w+) (?:[\w.-]+\/(?!portforward|log))?([\w/]+)/.exec(grant) ?? [];
  return (
    words.includes(`may not ${verb} ${resource} `) ||
    words.includes(`cannot ${verb} resource "${resource}"`) ||
    (resource === "pods/portforward" && words.includes("may not forward to"))
  );
}

test("afterwards, with every right, a rollout goes on to its end", async () => {
  expect(await acts.upgrade()).toMatchObject({ outcome: "done" });
}, 200_000);

test.each([
  ["get", "secrets"],
  ["create", "pods"],
  ["create", "pods/exec"],
  ["create", "rolebindings"],
  ["delete", "persistentvolumeclaims"],
  ["patch", "storageclasses/gp3"],
  ["patch", "priorityclasses/system-cluster-critical"],
  ["get", "pods"],
])("a role that rolls out may not %s %s, beyond its namespace and names", async (verb, what) => {
  const kubeconfig = await place.cluster.kubeconfig(userOf(SYSTEM));
  const where = what === "pods" && verb === "get" ? "default" : NAME;
  const asked = place.cluster.kubectl(["auth", "can-i", verb, what, "--namespace", where], {
    kubeconfig,
  });

  await expect(asked).rejects.toThrow(/\bno\b/);
});
