import { readFile } from "node:fs/promises";
import { type Grant, grantsOf, type Rule, withoutGrant } from "@playbook/access";
import { access } from "@playbook/access/format";
import { parse } from "yaml";
import { giveRules, refusedTo, usedBy, userOf } from "../../../test/kubernetes-rights.ts";
import { whole } from "../../../test/proof.ts";
import { back, chainWithSync, openStand, type Stand, syncSet } from "./stand.ts";

const NAMESPACE = "rights";
const SYSTEM = "backup";
const USER = userOf(SYSTEM);

/**
 * What the API server judges a request by as well: the GET that becomes a port-forward, and the
 * patch that makes what is not there.
 */
const JUDGED: Grant[] = [
  ...["create pods/portforward", "create configmaps", "create serviceaccounts"],
  // Of a pod that no node takes for minutes.
  "list events",
] as Grant[];

let stand: Stand;
let rules: readonly Rule[];
let kubeconfig: string;

beforeAll(async () => {
  stand = await openStand();
  const file = await readFile(new URL("../access.yml", import.meta.url), "utf8");
  rules = access.parse(parse(file)).kubernetes;
  await chainWithSync(stand, NAMESPACE);
  kubeconfig = await stand.cluster.kubeconfig(USER);
  await give(rules);
}, 1_200_000);
afterAll(() => stand?.[Symbol.asyncDispose]());

const give = (given: readonly Rule[]) =>
  giveRules(stand.cluster, { system: SYSTEM, namespace: NAMESPACE, rules: given });

test("a run asks the cluster for exactly what access.yml says, and gets no further", async () => {
  stand.cluster.gate.forget();

  const asVoter = { source: "axon-v0", allowValidator: true };
  await back(stand, NAMESPACE, { kubeconfig, mode: "plan", ...asVoter });
  // A pod that may not store fails, and its last words are read; then all goes on, and is cleared.
  const taken = stand.aws.withoutPermission(stand.packer, "s3:PutObject");
  await expect(back(stand, NAMESPACE, { kubeconfig })).rejects.toMatchObject({
    code: "mover-failed",
    why: expect.stringContaining("403"),
  });
  taken.restore();
  const { outputs } = await back(stand, NAMESPACE, { kubeconfig, keepSnapshots: 0 });

  expect(outputs.height).toBeGreaterThan(0);
  expect(refusedTo(stand.cluster, USER)).toEqual([]);
  const used = [...usedBy(stand.cluster, USER), ...JUDGED];
  expect([...new Set(used)].sort()).toEqual(grantsOf(rules));
}, 300_000);

const ACCOUNT = `/api/v1/namespaces/${NAMESPACE}/serviceaccounts/axon-backup`;

/**
 * Of the rights that every backup needs, those that are met before, while and after its node rests.
 */
const MISSED: Grant[] = ["list pods", "patch apps/statefulsets", "create batch/jobs"];

/** Only a failure, a validator or a new snapshot asks for these. */
const SELDOM = ["pods/log", "list events", "poddisruptionbudgets", "delete "];

const tried = () =>
  whole ? grantsOf(rules).filter((grant) => !SELDOM.some((part) => grant.includes(part))) : MISSED;

test("without one of its rights a run says which is missing, and its node runs", async () => {
  for (const grant of tried()) {
    await give(withoutGrant(rules, grant));

    const error = await back(stand, NAMESPACE, { kubeconfig }).catch((thrown: unknown) => thrown);

    await give(rules);
    // What a run has left or made for good would not be made by the next.
    await back(stand, NAMESPACE, { kubeconfig });
    await stand.cluster.api.delete(ACCOUNT);
    // A tunnel that is refused is a node that does not answer: its words are in the reason.
    if (!grant.includes("portforward")) {
      expect({ grant, error }).toMatchObject({ grant, error: { code: "kube-forbidden" } });
    }
    expect((await stand.cluster.api.get(syncSet(NAMESPACE))).spec.replicas).toBe(1);
  }
}, 1_200_000);
