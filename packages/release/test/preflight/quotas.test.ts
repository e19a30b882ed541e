import { hooksIn } from "../../src/preflight/hooks.ts";
import type { Manifest, PodSpec, StatefulSet } from "../../src/preflight/manifest.ts";
import type { Quota, Scope } from "../../src/preflight/room/capacity.ts";
import { type Asked, checkQuota, checkSaid } from "../../src/preflight/room/quotas.ts";
import type { Scaler } from "../../src/preflight/sets/scaling.ts";
import { setOf } from "./sets.ts";

const scope = (scopeName: string, operator = "Exists", values?: string[]): Scope => ({
  ...{ scopeName, operator },
  ...(values && { values }),
});

function quotaOf(hard: Record<string, string>, ...scopes: Scope[]): Quota {
  return { name: "q", hard, used: {}, scopes };
}

const five = (pod: Partial<PodSpec> = {}) =>
  ["a", "b", "c", "d", "e"].map((name) => setOf(name, { pod }));

function found(quota: Quota, all: StatefulSet[] = five(), live: StatefulSet[] = []): string[] {
  const there = new Map(live.map((set) => [set.metadata.name, set]));
  return checkQuota(quota, { all, live: there, bound: new Set() }).map(({ why }) => why);
}

const TOO_MANY = ["The release asks for 5 pods more, it leaves 3 pods."];

describe("a quota with a scope", () => {
  test.each<[Scope, Partial<PodSpec>, string[]]>([
    [scope("NotTerminating"), {}, TOO_MANY],
    [scope("Terminating"), {}, []],
    [scope("NotBestEffort"), {}, TOO_MANY],
    [scope("BestEffort"), {}, []],
    [scope("BestEffort"), { containers: [{ name: "axon" }] }, TOO_MANY],
    [scope("PriorityClass", "In", ["high"]), { priorityClassName: "high" }, TOO_MANY],
    [scope("PriorityClass", "In", ["high"]), { priorityClassName: "low" }, []],
    [scope("PriorityClass", "NotIn", ["high"]), { priorityClassName: "low" }, TOO_MANY],
    [scope("PriorityClass", "In", ["high"]), {}, []],
    [scope("CrossNamespacePodAffinity"), {}, []],
  ])("%j counts pods that are meant: %j", (one, pod, expected) => {
    expect(found(quotaOf({ pods: "3" }, one), five(pod))).toEqual(expected);
  });

  test("has to meet all of them, and leaves those alone that are there", () => {
    const both = quotaOf({ pods: "3" }, scope("NotTerminating"), scope("BestEffort"));

    expect(found(both)).toEqual([]);
    expect(found(quotaOf({ pods: "3" }, scope("NotTerminating")), five(), five())).toEqual([]);
  });
});

test("a quota counts the claims of a class", () => {
  const spec = { storageClassName: "gp3", resources: { requests: { storage: "1Gi" } } };
  const sets = five().map((set) => ({
    ...set,
    spec: { ...set.spec, volumeClaimTemplates: [{ metadata: { name: "data" }, spec }] },
  }));
  const hard = (name: string) => ({
    [`${name}.storageclass.storage.k8s.io/persistentvolumeclaims`]: "3",
  });

  expect(found(quotaOf(hard("gp3")), sets)).toHaveLength(1);
  expect(found(quotaOf(hard("io2")), sets)).toEqual([]);
});

describe("what is made beside the sets of validators", () => {
  const podsOf = (count: number, changes: object = {}): Manifest => {
    const { spec, metadata } = setOf("web");
    const own = { ...spec, replicas: count, ...changes };
    return { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: own };
  };
  const autoscaler = (kind: string, name: string, maxReplicas: number) =>
    ({
      ...{ kind: "HorizontalPodAutoscaler", metadata: { name: "rpc" } },
      spec: { scaleTargetRef: { kind, name }, minReplicas: 2, maxReplicas },
    }) as Scaler;
  const judged = (hard: Record<string, string>, asked: Partial<Asked>) =>
    checkQuota(quotaOf(hard), {
      ...{ all: [], live: new Map(), bound: new Set<string>() },
      ...asked,
    }).map(({ code, why }) => `${code}: ${/^.*?\. /.exec(`${why} `)?.[0].trim()}`);
  const beside = (rendered: Manifest[], current: Manifest[] = []) => ({
    others: { rendered, current },
  });

  test("is counted: pods, and objects by both of their names", () => {
    const service: Manifest = { kind: "Service", metadata: { name: "rpc" }, spec: {} };
    const map: Manifest = { kind: "ConfigMap", metadata: { name: "files" } };
    const rendered = [podsOf(3), { ...service, spec: { type: "LoadBalancer" } }, map];

    expect(judged({ "count/pods": "2" }, beside(rendered))).toEqual([
      "quota-exceeded: The release asks for 3 of count/pods more, it leaves 2 of count/pods.",
    ]);
    expect(judged({ "count/deployments.apps": "0" }, beside(rendered))).toHaveLength(1);
    expect(judged({ "services.loadbalancers": "0", services: "0" }, beside(rendered))).toHaveLength(
      2,
    );
    expect(judged({ configmaps: "0", "count/configmaps": "0" }, beside(rendered))).toHaveLength(2);
    expect(
      judged({ services: "0", configmaps: "0", pods: "1" }, beside(rendered, rendered)),
    ).toEqual([]);
  });

  test("is counted: claims that the chart renders itself", () => {
    const spec = { storageClassName: "gp3", resources: { requests: { storage: "60Gi" } } };
    const claim = { kind: "PersistentVolumeClaim", metadata: { name: "data-a" }, spec };
    const hard = { "requests.storage": "50Gi" };
    const ofClass = { "gp3.storageclass.storage.k8s.io/requests.storage": "50Gi" };

    expect(judged(hard, beside([claim]))).toHaveLength(1);
    expect(judged(ofClass, beside([claim]))).toHaveLength(1);
    expect(judged(hard, { ...beside([claim]), bound: new Set(["data-a"]) })).toEqual([]);
  });

  test("is counted: the pods of hooks, one hook after the other, in the event that is", () => {
    const hook = (name: string, events: string, spec: object = {}, pod: object = {}): Manifest => ({
      ...{ apiVersion: "batch/v1", kind: "Job" },
      metadata: { name, annotations: { "helm.sh/hook": events } },
      spec: { template: { spec: { ...setOf(name).spec.template.spec, ...pod } }, ...spec },
    });
    const all = [
      hook("check", "pre-install, pre-upgrade", { parallelism: 3 }),
      hook("other", "pre-upgrade"),
      hook("tell", "post-upgrade"),
      hook("test", "test"),
    ];
    const during = (isUpgrade: boolean, rendered: Manifest[] = []) => ({
      ...beside(rendered, []),
      hooks: hooksIn(all, isUpgrade),
    });

    expect(judged({ pods: "3" }, during(true))).toEqual([]);
    expect(judged({ pods: "2" }, during(true))).toEqual([
      "quota-exceeded: The release asks for 3 pods more, it leaves 2 pods.",
    ]);
    // The one at the end comes beside what has been made.
    expect(judged({ pods: "3" }, during(true, [podsOf(3)]))).toHaveLength(1);
    expect(judged({ pods: "3" }, during(false, [podsOf(3)]))).toEqual([]);
    expect(judged({ "requests.cpu": "2" }, during(false))).toHaveLength(1);
    const ending = hooksIn([hook("a", "pre-install", {}, { activeDeadlineSeconds: 60 })], false);
    const scoped = (name: string) =>
      checkQuota(quotaOf({ pods: "0" }, scope(name)), {
        ...{ all: [], live: new Map(), bound: new Set<string>(), hooks: ending },
      });
    expect(scoped("Terminating")).toHaveLength(1);
    expect(scoped("NotTerminating")).toEqual([]);
  });

  test("is counted: what a rollout makes that no chart renders", () => {
    const name = "count/volumesnapshots.snapshot.storage.k8s.io";
    const passing = { secrets: 1, "count/secrets": 1, [name]: 5 };

    expect(judged({ [name]: "4" }, { passing })).toEqual([
      `quota-exceeded: The release asks for 5 of ${name} more, it leaves 4 of ${name}.`,
    ]);
    expect(judged({ [name]: "5", secrets: "1" }, { passing })).toEqual([]);
    expect(judged({ secrets: "0", "count/secrets": "0" }, { passing })).toHaveLength(2);
  });

  test("takes a validator's place when an autoscaler or a Deployment's change makes more of it", () => {
    const running = () => 2;
    const scaled = { scalers: [autoscaler("Deployment", "web", 6)], running };
    const same = podsOf(2);

    expect(judged({ pods: "3" }, { ...beside([same], [same]), ...scaled })).toEqual([
      "quota-tight: The release asks for 4 pods more, it leaves 3 pods.",
    ]);
    expect(judged({ pods: "4" }, { ...beside([same], [same]), ...scaled })).toEqual([]);
    const other = podsOf(2, { template: setOf("other").spec.template });
    expect(judged({ pods: "0" }, beside([other], [same]))).toHaveLength(1);
    expect(judged({ pods: "0" }, beside([same], [same]))).toEqual([]);
  });

  test("a set whose autoscaler says how many there are is as large as it is", () => {
    const rpc = setOf("rpc", { replicas: undefined as never });
    const live = new Map([["rpc", setOf("rpc", { replicas: 4 })]]);
    const scalers = [autoscaler("StatefulSet", "rpc", 6)];
    const grows = { all: [rpc, ...five().slice(0, 2)], live, scalers };

    expect(judged({ pods: "1" }, grows)).toEqual([
      "quota-exceeded: The release asks for 2 pods more, it leaves 1 pods.",
    ]);
    expect(judged({ pods: "3" }, grows)).toEqual([
      "quota-tight: The release asks for 4 pods more, it leaves 3 pods.",
    ]);
    expect(judged({ pods: "4" }, grows)).toEqual([]);
  });
});

test("what a quota counts each container says, unless a LimitRange does", () => {
  const silent = quotaOf({ "limits.memory": "64Gi", "requests.cpu": "8", "limits.storage": "1" });
  const spec = { limits: [{ type: "Container", default: { memory: "4Gi" } }] };
  const range = { name: "r", ...spec };

  expect(checkSaid(five().slice(0, 2), [silent], [])).toMatchObject([
    {
      code: "quota-unsaid",
      at: "ResourceQuota q",
      why: expect.stringContaining(
        "StatefulSet a, StatefulSet b do not say: limits.memory of axon.",
      ),
    },
  ]);
  expect(checkSaid(five(), [silent], [range])).toEqual([]);
  expect(checkSaid(five(), [quotaOf({ pods: "3", "requests.storage": "1Gi" })], [])).toEqual([]);
});
