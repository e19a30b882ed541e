import { grantsOf, type Rule } from "@playbook/access";
import { contextForTests } from "@playbook/action/testing";
import type { Values } from "../../../test/charts.ts";
import { giveRules, refusedTo, usedBy, userOf } from "../../../test/kubernetes-rights.ts";
import { back, chainWithSync, openStand, type Stand } from "../../backup-axon/test/stand.ts";
import type { AxonChain } from "../../helm-rollout-axon/test/axon-chain.ts";
import { statements } from "../src/access.ts";
import { type Inputs, run } from "../src/run.ts";
import { rulesOf, upgradeDefaults } from "./place.ts";

const NAMESPACE = "axon";
const SYSTEM = "upgrade";
const USER = userOf(SYSTEM);
const HOUR = 3_600_000;

let stand: Stand;
let chain: AxonChain;
let rules: readonly Rule[];
beforeAll(async () => {
  stand = await openStand();
  chain = await chainWithSync(stand, NAMESPACE);
  rules = await rulesOf("upgrade-axon");
  await giveRules(stand.cluster, { system: SYSTEM, namespace: NAMESPACE, rules });
}, 1_200_000);
afterAll(() => stand?.[Symbol.asyncDispose]());

const MORE_GAS = { config: { web3: { maxGasCap: 40_000_000 } } };

/** An upgrade, of the configuration, as the user that access.yml describes. */
async function upgrade(changes: Partial<Inputs>, values: Values = MORE_GAS) {
  const inputs = await chain.inputs(values);
  const kubeconfig = await stand.cluster.kubeconfig(USER);
  const context = contextForTests();
  const given = { ...inputs, ...upgradeDefaults, kubeconfig, region: stand.aws.region };
  return run({ ...given, noBackupBecause: undefined, backupAge: HOUR, ...changes }, context);
}

const place = `s3://backups/${NAMESPACE}`;

test("nothing is upgraded without a backup, or the reason why there is none", async () => {
  await expect(upgrade({})).rejects.toMatchObject({
    code: "bad-input",
    what: '"backup" is missing.',
    next: expect.stringContaining("no-backup-because"),
  });
  await expect(upgrade({ backup: place })).rejects.toMatchObject({ code: "no-backup" });
});

test("with one, it asks the cluster and the bucket for what access.yml says, and for no more", async () => {
  await back(stand, NAMESPACE);
  await expect(upgrade({ backup: place, backupAge: 1 })).rejects.toMatchObject({
    code: "backup-old",
  });
  stand.cluster.gate.forget();
  stand.aws.clearCalls();

  const { outputs } = await upgrade({ backup: place });

  expect(outputs).toMatchObject({ outcome: "done" });
  expect(refusedTo(stand.cluster, USER)).toEqual([]);
  const allowed = new Set(grantsOf(rules));
  expect(usedBy(stand.cluster, USER).filter((grant) => !allowed.has(grant))).toEqual([]);
  const asked = new Set(stand.aws.calls().map(({ action }) => action));
  const granted = statements.flatMap(({ actions }) => actions);
  expect([...asked].sort()).toEqual(granted.filter((name) => name.startsWith("s3:")).sort());
}, 300_000);

/** What a jump needs beside. */
const JUMPS = [
  "create persistentvolumeclaims",
  "delete persistentvolumeclaims",
  "get persistentvolumeclaims",
  "get snapshot.storage.k8s.io/volumesnapshots",
  "list storage.k8s.io/volumeattachments in the cluster",
];

test("its rights in a cluster are a rollout's, which are proven one by one, and a jump's", async () => {
  const rollout = grantsOf(await rulesOf("helm-rollout-axon"));

  expect(grantsOf(rules)).toEqual([...rollout, ...JUMPS].sort());
});

test("a jump there and back asks the cluster for them all, and for no more", async () => {
  stand.cluster.gate.forget();
  const absent = { image: { tag: "v0.0.0-absent" } };

  const { outputs } = await upgrade({ backup: place, upgrade: "jump" }, absent);

  expect(outputs).toMatchObject({ outcome: "taken-back" });
  expect(refusedTo(stand.cluster, USER)).toEqual([]);
  const allowed = new Set(grantsOf(rules));
  const used = usedBy(stand.cluster, USER);
  expect(used.filter((grant) => !allowed.has(grant))).toEqual([]);
  expect(used).toEqual(expect.arrayContaining(JUMPS));
}, 400_000);
