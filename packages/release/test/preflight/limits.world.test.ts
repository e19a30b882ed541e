import { type Cluster, startCluster } from "@playbook/world";
import { checkLimits, type Limits } from "../../src/preflight/room/limits.ts";
import { setOf } from "./sets.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
}, 1_200_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

type Resources = Record<string, Record<string, string>>;

type Case = { limits: Limits[]; axon?: Resources; init?: Resources; isLetIn: boolean };

const plain = { requests: { cpu: "1", memory: "2Gi" }, limits: { memory: "4Gi" } };
const type = "Container";

const cases: Case[] = [
  { limits: [{ type, max: { memory: "4Gi" } }], isLetIn: true },
  { limits: [{ type, max: { memory: "3Gi" } }], isLetIn: false },
  { limits: [{ type, max: { cpu: "2" } }], isLetIn: true },
  { limits: [{ type, max: { cpu: "500m" } }], isLetIn: false },
  { limits: [{ type, default: { cpu: "500m" } }], isLetIn: false },
  { limits: [{ type, default: { cpu: "1" } }], isLetIn: true },
  { limits: [{ type, min: { cpu: "1500m" } }], isLetIn: false },
  { limits: [{ type, min: { memory: "1Gi" } }], axon: {}, isLetIn: true },
  { limits: [{ type, maxLimitRequestRatio: { memory: "2" } }], init: plain, isLetIn: true },
  { limits: [{ type, maxLimitRequestRatio: { memory: "2" } }], isLetIn: false },
  { limits: [{ type, maxLimitRequestRatio: { memory: "1500m" } }], init: plain, isLetIn: false },
  { limits: [{ type, max: { cpu: "2" } }], init: { limits: { cpu: "3" } }, isLetIn: false },
  { limits: [{ type: "Pod", max: { memory: "4Gi" } }], isLetIn: true },
  {
    limits: [{ type: "Pod", max: { memory: "4Gi" } }],
    init: { limits: { memory: "5Gi" } },
    isLetIn: false,
  },
  { limits: [{ type: "Pod", max: { cpu: "8" } }], isLetIn: false },
  {
    limits: [
      { type: "Pod", max: { cpu: "8" } },
      { type, default: { cpu: "2" } },
    ],
    isLetIn: true,
  },
  { limits: [{ type: "Pod", min: { cpu: "1" } }], isLetIn: true },
  { limits: [{ type: "Pod", min: { cpu: "2" } }], isLetIn: false },
];

test.each(cases.map((one, at) => ({ ...one, at })))(
  "a pod is judged as the API server does: $limits, $axon, $init",
  async ({ limits, axon = plain, init = {}, isLetIn, at }) => {
    const name = `limited-${at}`;
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
    const made = { apiVersion: "v1", kind: "LimitRange", metadata, spec: { limits } };
    await api.create(`${space}/limitranges`, made);
    const { spec } = await api.get(`${space}/limitranges/${name}`);
    const pod = {
      containers: [{ name: "axon", image: "axon:v1", resources: axon }],
      initContainers: [{ name: "init", image: "axon:v1", resources: init }],
    };

    const found = checkLimits(
      [{ set: setOf("axon-0", { pod }), claims: [] }],
      [{ name, limits: spec.limits }],
    );
    const asked = api.create(`${space}/pods`, {
      ...{ apiVersion: "v1", kind: "Pod", metadata },
      spec: { serviceAccountName: name, ...pod },
    });

    const answer = await asked.then(() => "let in").catch((error) => String(error));
    expect({ answer, errors: found.filter(({ level }) => level === "error").length > 0 }).toEqual({
      answer: isLetIn ? "let in" : expect.stringMatching(/usage|ratio|limit/),
      errors: !isLetIn,
    });
  },
);
