import { type Cluster, startCluster } from "@playbook/world";
import type { PodSpec } from "../../src/preflight/manifest.ts";
import type { Scope } from "../../src/preflight/room/capacity.ts";
import { checkSaid } from "../../src/preflight/room/quotas.ts";
import { setOf } from "./sets.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 1_200_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

type Resources = Record<string, Record<string, string>>;

type Case = {
  hard: Record<string, string>;
  axon?: Resources;
  init?: Resources;
  scope?: Scope;
  isLetIn: boolean;
};

const both = { requests: { cpu: "1", memory: "2Gi" }, limits: { cpu: "2", memory: "4Gi" } };
const requests = { requests: both.requests };
const high = { scopeName: "PriorityClass", operator: "In", values: ["high"] };

const cases: Case[] = [
  { hard: { "requests.cpu": "8" }, axon: requests, init: requests, isLetIn: true },
  { hard: { "requests.cpu": "8" }, axon: requests, isLetIn: false },
  { hard: { cpu: "8", memory: "32Gi" }, axon: requests, init: requests, isLetIn: true },
  { hard: { memory: "32Gi" }, axon: requests, isLetIn: false },
  { hard: { "limits.memory": "32Gi" }, axon: requests, init: requests, isLetIn: false },
  { hard: { "limits.memory": "32Gi" }, axon: both, init: both, isLetIn: true },
  { hard: { "requests.memory": "32Gi" }, axon: { limits: both.limits }, init: both, isLetIn: true },
  { hard: { pods: "9", "requests.ephemeral-storage": "9Gi" }, isLetIn: true },
  {
    hard: { "limits.cpu": "8" },
    scope: { scopeName: "NotTerminating", operator: "Exists" },
    isLetIn: false,
  },
  {
    hard: { "limits.cpu": "8" },
    scope: { scopeName: "Terminating", operator: "Exists" },
    isLetIn: true,
  },
  {
    hard: { "limits.cpu": "8" },
    axon: requests,
    scope: { scopeName: "NotBestEffort", operator: "Exists" },
    isLetIn: false,
  },
  { hard: { "limits.cpu": "8" }, scope: high, isLetIn: true },
];

test.each(cases.map((one, at) => ({ ...one, at })))(
  "a pod is judged as the API server does: $hard, $axon, $init, $scope",
  async ({ hard, axon = {}, init = {}, scope, isLetIn, at }) => {
    const name = `counted-${at}`;
    const space = `/api/v1/namespaces/${name}`;
    const metadata = { name, namespace: name };
    const { api } = cluster;
    await api.create("/api/v1/namespaces", {
      ...{ apiVersion: "v1", kind: "Namespace" },
      metadata: { name },
    });
    await api.create(`${space}/serviceaccounts`, {
      ...{ apiVersion: "v1", kind: "ServiceAccount" },
      metadata,
    });
    const spec = { hard, ...(scope && { scopeSelector: { matchExpressions: [scope] } }) };
    await api.create(`${space}/resourcequotas`, {
      ...{ apiVersion: "v1", kind: "ResourceQuota", metadata },
      spec,
    });
    await counted(`${space}/resourcequotas/${name}`);
    const pod: PodSpec = {
      containers: [{ name: "axon", image: "axon:v1", resources: axon }],
      initContainers: [{ name: "init", image: "axon:v1", resources: init }],
    };

    const found = checkSaid(
      [setOf("axon-0", { pod })],
      [{ name, hard, used: {}, scopes: scope ? [scope] : [] }],
      [],
    );
    const asked = api.create(`${space}/pods`, {
      ...{ apiVersion: "v1", kind: "Pod", metadata },
      spec: { serviceAccountName: name, ...pod },
    });

    const answer = await asked.then(() => "let in").catch((error) => String(error));
    expect({ answer, isFound: found.length > 0 }).toEqual({
      answer: isLetIn ? "let in" : expect.stringMatching(/must specify/),
      isFound: !isLetIn,
    });
  },
);

/** A quota lets nothing in before it has counted what there is. */
async function counted(path: string): Promise<void> {
  for (;;) {
    const { status } = await cluster.api.get(path);
    if (status?.used) return;
    await new Promise((done) => setTimeout(done, 50));
  }
}
