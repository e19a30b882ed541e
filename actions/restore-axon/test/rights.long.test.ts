import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Grant, grantsOf, type Rule, systemsOf, withoutGrant } from "@playbook/access";
import { access } from "@playbook/access/format";
import type { ActionError } from "@playbook/action";
import { parse } from "yaml";
import { giveRules, refusedTo, usedBy, userOf } from "../../../test/kubernetes-rights.ts";
import { claim, whole } from "../../../test/proof.ts";
import {
  back,
  chainWithSync,
  helmProgram,
  openStand,
  type Stand,
} from "../../backup-axon/test/stand.ts";
import type { AxonChain } from "../../helm-rollout-axon/test/axon-chain.ts";
import { knowing } from "../../helm-rollout-axon/test/killed/clock.ts";
import type { Inputs } from "../src/run.ts";
import { inputsFor, placeFor, restore } from "./place.ts";
import { makePending } from "./stuck.ts";

const SYSTEM = "restore";
const USER = userOf(SYSTEM);
const READER = userOf(`${SYSTEM}-plan`);
const [OLD, NEW, SCRATCH, RELAYERS] = ["old", "new", "scratch", "hyperlane"] as const;

/**
 * What the API server judges a request by as well: the GET that becomes a port-forward, and the
 * patch that makes what is not there.
 */
const JUDGED: Grant[] = ["create pods/portforward", "create configmaps", "create serviceaccounts"];

/** What Helm needs for a drill beside a rollout's rights: here it is somebody else. */
const HELMS: Grant[] = ["delete services"];

/** What is asked of a pod that no node takes for minutes. */
const SELDOM: Grant[] = ["list events"];

let stand: Stand;
let chain: AxonChain;
let rules: readonly Rule[];
let height: number;
let own: Partial<Inputs>;

beforeAll(async () => {
  stand = await openStand();
  const file = await readFile(new URL("../access.yml", import.meta.url), "utf8");
  rules = access.parse(parse(file)).kubernetes;
  chain = await chainWithSync(stand, OLD);
  height = Number((await back(stand, OLD)).outputs.height);
  await placeFor(stand.cluster, stand.cluster, chain, NEW);
  await placeFor(stand.cluster, stand.cluster, chain, SCRATCH, { keys: false });
  await relayerIn(RELAYERS);
  await give(rules);
  own = { kubeconfig: await stand.cluster.kubeconfig(USER), helm: await helmOfAnother() };
}, 1_200_000);
afterAll(() => stand?.[Symbol.asyncDispose]());

async function give(given: readonly Rule[]): Promise<void> {
  for (const namespace of [OLD, NEW, SCRATCH, RELAYERS]) {
    await giveRules(stand.cluster, { system: SYSTEM, namespace, rules: given });
  }
}

/**
 * Helm as somebody else, whose rights are helm-rollout-axon's: what is counted is the action's own.
 */
async function helmOfAnother(): Promise<string> {
  const kubeconfig = await stand.cluster.kubeconfig({ name: "helm", groups: ["system:masters"] });
  const path = join(stand.world.dir, "helm-of-another");
  const script = `#!/bin/sh\nKUBECONFIG='${kubeconfig}' exec '${await helmProgram()}' "$@"\n`;
  await writeFile(path, script);
  await chmod(path, 0o755);
  return path;
}

async function relayerIn(name: string): Promise<void> {
  const { api } = stand.cluster;
  const labels = { role: "relayer" };
  await api.create("/api/v1/namespaces", {
    ...{ apiVersion: "v1", kind: "Namespace", metadata: { name } },
  });
  await api.create(`/apis/apps/v1/namespaces/${name}/deployments`, {
    ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "relay" } },
    spec: {
      ...{ replicas: 1, selector: { matchLabels: labels } },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "relayer", image: "registry.example/relayer:1" }] },
      },
    },
  } as never);
}

const inputs = (changes: Partial<Inputs>, namespace: string = NEW) =>
  inputsFor(stand, stand.cluster, chain, namespace, { ...own, ...changes });

/** Restores as a person would after a disaster; what it has run through is all that it may do. */
const restored = async () =>
  restore(
    await inputs({
      ...{ acceptLoss: height, from: "snapshot", resumeRelayers: true },
      relayers: `${RELAYERS}/role=relayer`,
    }),
    knowing(),
  );

test("who may only plan has what a plan asks for, and neither shuts nor pauses anything", async () => {
  const system = `${SYSTEM}-plan`;
  const toPlan = systemsOf(SYSTEM, rules).get(system) ?? [];
  for (const namespace of [OLD, NEW, RELAYERS]) {
    await giveRules(stand.cluster, { system, namespace, rules: toPlan });
  }
  const asReader = {
    kubeconfig: await stand.cluster.kubeconfig(READER),
    relayers: `${RELAYERS}/role=relayer`,
  };
  stand.cluster.gate.forget();

  await restore(await inputs({ ...asReader, mode: "plan" }));

  expect(refusedTo(stand.cluster, READER)).toEqual([]);
  const used = new Set([...usedBy(stand.cluster, READER), "create pods/portforward"]);
  expect([...used].sort()).toEqual(grantsOf(toPlan));
  const refused = restore(await inputs({ ...asReader, acceptLoss: height })).then(
    ({ failure }) => failure,
    (error: unknown) => error,
  );
  expect(await refused).toMatchObject({ code: "kube-forbidden" });
}, 300_000);

test("plan, drill and restore ask for exactly what access.yml says, and get no further", async () => {
  stand.cluster.gate.forget();

  await restore(await inputs({ mode: "plan", relayers: `${RELAYERS}/role=relayer` }));
  const drill = await inputs({ mode: "drill", storageClass: "gp3" }, SCRATCH);
  const drilled = await restore(drill);
  expect(drilled.failure).toBeUndefined();
  expect(drilled.outputs).toMatchObject({ result: "passed" });
  expect((await restore({ ...drill, from: "snapshot" })).failure).toBeUndefined();
  // What a pod wrote last is read when it fails: this one's role may read nothing.
  const barred = stand.aws.withoutPermission(stand.unpacker, "s3:GetObject");
  expect((await restore(drill)).failure).toMatchObject({ code: "mover-failed" });
  barred.restore();
  expect((await restored()).outputs.height).toBeGreaterThan(height);
  // A release that a dead Helm has left is mended.
  await makePending(stand.cluster, NEW, "axon");
  expect((await restored()).outputs.height).toBeGreaterThan(height);

  expect(refusedTo(stand.cluster, USER)).toEqual([]);
  const used = [...usedBy(stand.cluster, USER), ...JUDGED, ...HELMS, ...SELDOM];
  expect([...new Set(used)].sort()).toEqual(grantsOf(rules));
}, 600_000);

/** Of the rights that are met before, while and after a chain is restored, or drilled. */
const MISSED: Grant[] = ["list pods", "patch apps/statefulsets", "create batch/jobs"];

/** A restore of what is there already needs these, and is done in a moment. */
const RESTORES: Grant[] = [
  ...["list apps/deployments", "patch apps/deployments", "update configmaps"],
  ...["list apps/statefulsets", "patch apps/statefulsets", "list pods"],
] as Grant[];

/** What a drill before has left for good, and would not be made again. */
async function forgetDrills(): Promise<void> {
  const { api } = stand.cluster;
  const accounts = `/api/v1/namespaces/${SCRATCH}/serviceaccounts`;
  for (const { metadata } of await api.list(accounts)) {
    if (metadata.name.includes("restore")) await api.delete(`${accounts}/${metadata.name}`);
  }
}

async function drilled(from: "bucket" | "snapshot"): Promise<unknown> {
  const drill = { mode: "drill", storageClass: "gp3", startTimeout: 30_000 } as const;
  return (await restore(await inputs({ ...drill, from }, SCRATCH))).failure;
}

/** A run that comes upon the right, and what is wrong with it. */
async function without(grant: Grant): Promise<unknown> {
  if (grant === "update configmaps") await makePending(stand.cluster, NEW, "axon");
  if (RESTORES.includes(grant)) return restored();
  await forgetDrills();
  if (grant !== "get pods/log") return drilled("snapshot");
  using _ = stand.aws.withoutPermission(stand.unpacker, "s3:GetObject");
  return await drilled("bucket");
}

/** Whether words of the run name the right that it lacked. */
function names(failure: unknown, grant: Grant): boolean {
  const { what = "", why = "" } = (failure ?? {}) as Partial<ActionError>;
  const [, verb, resource] = /^(\w+) (?:[\w.-]+\/(?!portforward|log))?([\w/]+)/.exec(grant) ?? [];
  if (resource === "pods/portforward") return `${what} ${why}`.includes("may not forward to");
  return what.includes(`may not ${verb} ${resource} `);
}

test("without one of its rights a run says which is missing, and the next one goes on", async () => {
  const since = Date.now();
  const all = grantsOf(rules).filter((grant) => ![...HELMS, ...SELDOM].includes(grant));
  const tried = whole ? all : MISSED;
  const faults: string[] = [];
  for (const grant of tried) {
    await give(withoutGrant(rules, grant));
    const failure = await without(grant).catch((error: unknown) => error);
    await give(rules);
    if (!names(failure, grant)) faults.push(`${grant}: ${failure}`);
    const next = RESTORES.includes(grant) ? await mended() : await drilled("snapshot");
    if (next) faults.push(`after ${grant}: ${next}`);
  }
  claim("A right in Kubernetes taken away from a restore or a drill: it says which", {
    ...{ tried: tried.length, of: all.length, passed: tried.length - faults.length },
    ...{ unit: "rights", since },
  });
  expect(faults).toEqual([]);
}, 1_800_000);

/** What keeps the next restore from its end. */
const mended = () =>
  restored().then(
    ({ failure }) => failure,
    (error: unknown) => error,
  );
