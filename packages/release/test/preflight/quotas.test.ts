import type { Quota, Scope } from "../../src/preflight/capacity.ts";
import type { PodSpec, StatefulSet } from "../../src/preflight/manifest.ts";
import { checkQuota, checkSaid } from "../../src/preflight/quotas.ts";
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
