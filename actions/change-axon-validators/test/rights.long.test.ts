import { readFile } from "node:fs/promises";
import { type Grant, grantsOf, type Rule, systemsOf, withoutGrant } from "@playbook/access";
import { access } from "@playbook/access/format";
import { parse } from "yaml";
import { giveRules, refusedTo, usedBy, userOf } from "../../../test/kubernetes-rights.ts";
import { claim, whole } from "../../../test/proof.ts";
import { knowing } from "../../helm-rollout-axon/test/killed/clock.ts";
import { type HandMadeChain, makeByHand } from "./hand-made.ts";
import { change, openPlace, type Place, wanted } from "./place.ts";

const SYSTEM = "governance";
const USER = userOf(SYSTEM);
const READER = userOf(`${SYSTEM}-plan`);

/** A WebSocket is judged as `get` and as `create`. */
const JUDGED: Grant[] = ["create pods/portforward"];

/** What only an epoch of axonweb3/axon takes: `epoch.long.test.ts` does. */
const EPOCH: Grant = "delete pods";

/** What is asked of a pod that no node takes for minutes: `waiting.test.ts` does. */
const EVENTS: Grant = "list events";

let place: Place;
let chain: HandMadeChain;
let rules: readonly Rule[];
let kubeconfig: string;
beforeAll(async () => {
  place = await openPlace("el-axon");
  const file = await readFile(new URL("../access.yml", import.meta.url), "utf8");
  rules = access.parse(parse(file)).kubernetes;
  chain = await makeByHand(place.cluster, "axon", { followers: 2, interval: 300 });
  kubeconfig = await place.cluster.kubeconfig(USER);
  await give(rules);
}, 1_200_000);
afterAll(() => place?.[Symbol.asyncDispose]());

const give = (given: readonly Rule[]) =>
  giveRules(place.cluster, { system: SYSTEM, namespace: "axon", rules: given });

const first = (count: number) => wanted(chain.validators.slice(0, count));

const run = (count: number, changes: Parameters<typeof change>[2] = {}) =>
  change(place.cluster, chain, { kubeconfig, validators: first(count), ...changes }, knowing());

test("a run asks the cluster for exactly what access.yml says, and gets no further", async () => {
  place.cluster.gate.forget();

  await run(6, { mode: "plan" });
  await run(6);
  const { outputs } = await run(5, { stopRemoved: true });

  expect(outputs).toMatchObject({ outcome: "done" });
  expect(refusedTo(place.cluster, USER)).toEqual([]);
  const used = new Set([...usedBy(place.cluster, USER), ...JUDGED]);
  expect([...used].sort()).toEqual(
    grantsOf(rules).filter((grant) => ![EPOCH, EVENTS].includes(grant)),
  );
}, 300_000);

/** Of the rights that every change needs, some. */
const MISSED: Grant[] = ["list apps/statefulsets", "create batch/jobs", "update configmaps"];

/** Only who stops a node, or finds nothing announced, asks for these. */
const SELDOM: Grant[] = ["patch apps/statefulsets", "create configmaps", EPOCH, EVENTS];

const tried = () => (whole ? grantsOf(rules).filter((grant) => !SELDOM.includes(grant)) : MISSED);

test("who may only plan has what a plan asks for, and a change is refused before it is signed", async () => {
  const toPlan = systemsOf(SYSTEM, rules).get(`${SYSTEM}-plan`) ?? [];
  await giveRules(place.cluster, { system: `${SYSTEM}-plan`, namespace: "axon", rules: toPlan });
  const asReader = { kubeconfig: await place.cluster.kubeconfig(READER) };
  place.cluster.gate.forget();

  const { outputs } = await run(6, { ...asReader, mode: "plan" });

  expect(outputs).toMatchObject({ "can-apply": true });
  expect(refusedTo(place.cluster, READER)).toEqual([]);
  const used = new Set([...usedBy(place.cluster, READER), ...JUDGED]);
  expect([...used].sort()).toEqual(grantsOf(toPlan));
  await expect(run(6, asReader)).rejects.toMatchObject({ code: "kube-forbidden" });
});

test("without one of its rights a run says which is missing, and the next one finishes", async () => {
  const since = Date.now();
  const faults: unknown[] = [];
  let count = 5;
  const all = tried();
  for (const grant of all) {
    count = 9 - count;
    await give(withoutGrant(rules, grant));
    const error = await run(count).catch((thrown: unknown) => thrown);
    await give(rules);
    const { outputs } = await run(count);
    // A tunnel that is refused is a node that does not answer.
    const named = grant.includes("portforward") || codeOf(error) === "kube-forbidden";
    if (!named || outputs.outcome !== "done") faults.push({ grant, error, outputs });
  }
  claim("A right in Kubernetes taken away from a change of the validators", {
    ...{ tried: all.length, of: grantsOf(rules).length, passed: all.length - faults.length },
    ...{ unit: "rights", since },
  });
  expect(faults).toEqual([]);
}, 1_200_000);

const codeOf = (error: unknown) => (error as { code?: string }).code;
