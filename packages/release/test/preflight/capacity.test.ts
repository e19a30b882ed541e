import { quantity, written } from "../../src/preflight/quantity.ts";
import {
  checkNodes,
  checkQuotas,
  limitsOf,
  requestsOf,
} from "../../src/preflight/room/capacity.ts";
import type { Node } from "../../src/preflight/room/place.ts";
import { setOf } from "./sets.ts";

function node(name: string, changes: Partial<Node> = {}): Node {
  const allocatable = { cpu: "2", memory: "4Gi", pods: "10" };
  return { name, labels: {}, taints: [], unschedulable: false, allocatable, ...changes };
}

const set = setOf("axon-0");
const { spec } = set.spec.template;
const GIB = 1024 ** 3;
const whole = { requests: { cpu: "2", memory: "1Gi" } };
const wanted = [{ pod: "axon-0-0", set }];

test("what is no validator's takes what validators leave, and is a warning where it does not fit", () => {
  const large = setOf("rpc", { pod: { containers: [{ name: "axon", resources: whole }] } });
  const beside = { pod: "rpc-0", set: large, isBeside: true };
  const one = node("a");

  expect(checkNodes([beside, ...wanted], [one], [])).toMatchObject([
    {
      ...{ code: "no-capacity", level: "warning", at: "StatefulSet rpc, pod rpc-0" },
      why: expect.stringContaining("the rollout goes on without it"),
    },
  ]);
  expect(checkNodes([beside, ...wanted], [one, node("b")], [])).toEqual([]);
  expect(checkNodes([beside], [one], [])).toEqual([]);
});

describe("a quantity", () => {
  test.each([
    ["1500m", 1.5],
    ["2", 2],
    [3, 3],
    ["1Gi", 1024 ** 3],
    ["5G", 5e9],
    ["1e3", 1000],
    ["0.5Mi", 512 * 1024],
    ["nonsense", Number.NaN],
  ])("%s is %d", (text, amount) => {
    expect(quantity(text)).toBe(amount);
  });

  test("is written in the unit that a person would use", () => {
    expect(written("cpu", 1.5)).toBe("1500m of CPU");
    expect(written("cpu", 96)).toBe("96 CPUs");
    expect(written("memory", 2.5 * 1024 ** 3)).toBe("2.5 GiB of memory");
    expect(written("nvidia.com/gpu", 1)).toBe("1 of nvidia.com/gpu");
  });
});

describe("a pod", () => {
  test("asks for its containers together, or for the largest that runs before them", () => {
    const requests = requestsOf({
      containers: [
        { name: "a", resources: { requests: { cpu: "500m", memory: "1Gi" } } },
        { name: "b", resources: { requests: { cpu: 1 } } },
      ],
      initContainers: [{ name: "i", resources: { requests: { cpu: "1", memory: "3Gi" } } }],
    });

    expect(requests).toEqual({ cpu: 1.5, memory: 3 * 1024 ** 3 });
  });

  test("asks for as much as its limits where it says nothing else", () => {
    const limits = { cpu: "2", memory: "4Gi" };
    const container = { name: "a", resources: { limits, requests: { cpu: "1" } } };

    expect(requestsOf({ containers: [container] })).toEqual({ cpu: 1, memory: 4 * 1024 ** 3 });
    expect(limitsOf({ containers: [container] })).toEqual({ cpu: 2, memory: 4 * 1024 ** 3 });
  });

  test("asks for its sidecars beside all that runs after them", () => {
    const asking = (name: string, cpu: number, more = {}) => ({
      ...{ name, resources: { requests: { cpu } } },
      ...more,
    });
    const sidecar = asking("proxy", 1, { restartPolicy: "Always" });
    const containers = [asking("axon", 2)];

    expect(requestsOf({ containers, initContainers: [sidecar] })).toEqual({ cpu: 3 });
    expect(requestsOf({ containers, initContainers: [sidecar, asking("init", 4)] })).toEqual({
      cpu: 5,
    });
    expect(requestsOf({ containers, initContainers: [asking("init", 4), sidecar] })).toEqual({
      cpu: 4,
    });
  });

  test("that may go to one node alone chooses first", () => {
    const free = setOf("free", { pod: { containers: [{ name: "axon", resources: whole }] } });
    const pinned = setOf("pinned", {
      pod: {
        containers: [{ name: "axon", resources: whole }],
        nodeSelector: { pool: "a" },
      },
    });
    const nodes = [node("a", { labels: { pool: "a" } }), node("b")];
    const both = [free, pinned].map((one) => ({ pod: `${one.metadata.name}-0`, set: one }));

    expect(checkNodes(both, nodes, [])).toEqual([]);
    expect(checkNodes([...both, { pod: "more-0", set: free }], nodes, [])).toHaveLength(1);
  });

  test("is told what the best of the nodes lacks", () => {
    const nodes = [node("small", { allocatable: { cpu: "100m", memory: "4Gi", pods: "10" } })];
    const larger = node("large", { allocatable: { cpu: "900m", memory: "4Gi", pods: "10" } });

    expect(checkNodes(wanted, [...nodes, larger], [])[0]?.why).toContain("900m of CPU free");
  });

  test.each([
    ["labels", { matchLabels: { app: "axon" } }],
    ["expressions", { matchExpressions: [{ key: "app", operator: "In", values: ["axon"] }] }],
  ])("is not placed in the zone of another one where %s keep them apart", (_, labelSelector) => {
    const topologyKey = "topology.kubernetes.io/zone";
    const term = { topologyKey, labelSelector };
    const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [term] };
    const affinity = { podAntiAffinity } as NonNullable<typeof spec.affinity>;
    const apart = setOf("axon-0", { pod: { affinity } });
    const zoned = (name: string, zone: string) => node(name, { labels: { [topologyKey]: zone } });
    const two = ["a", "b"].map((pod) => ({ pod, set: apart }));

    expect(checkNodes(two, [zoned("m", "1"), zoned("n", "1")], [])).toHaveLength(1);
    expect(checkNodes(two, [zoned("m", "1"), zoned("n", "2")], [])).toEqual([]);
  });

  test("takes the room of the one that it replaces", () => {
    const placed = [
      { pod: "axon-0-0", node: "n", spec },
      { pod: "other", node: "n", spec },
    ];

    expect(checkNodes(wanted, [node("n")], placed)).toEqual([]);
    expect(checkNodes([{ pod: "axon-1-0", set }], [node("n")], placed)).toMatchObject([
      { code: "no-capacity", why: expect.stringContaining("1000m of CPU asked, 0m of CPU free") },
    ]);
  });

  test.each([
    ["is cordoned", node("n", { unschedulable: true })],
    ["has the taint gpu", node("n", { taints: [{ key: "gpu", effect: "NoSchedule" }] })],
  ])("does not go to a node that %s", (barrier, only) => {
    expect(checkNodes(wanted, [only], [])).toMatchObject([
      { code: "no-capacity", why: `No node takes it. n ${barrier}.` },
    ]);
  });

  test("is told what keeps it off which nodes, and of no more room where that is none of it", () => {
    const cordoned = ["a", "b", "c", "d", "e"].map((name) => node(name, { unschedulable: true }));
    const tainted = node("z", { taints: [{ key: "gpu", effect: "NoSchedule" }] });

    expect(checkNodes(wanted, [...cordoned, tainted], [])).toMatchObject([
      {
        why: "No node takes it. a, b, c and 2 more: each is cordoned; z has the taint gpu.",
        next: "Add a node that takes it, or loosen what keeps it off.",
      },
    ]);
    expect(checkNodes(wanted, [], [])).toMatchObject([{ why: "There is no node." }]);
  });

  test("goes where its tolerations and selector lead", () => {
    const picky = setOf("axon-0", {
      pod: {
        nodeSelector: { role: "chain" },
        tolerations: [{ key: "chain", operator: "Exists", effect: "NoSchedule" }],
      },
    });
    const own = node("own", {
      labels: { role: "chain" },
      taints: [{ key: "chain", value: "yes", effect: "NoSchedule" }],
    });

    expect(checkNodes([{ pod: "p", set: picky }], [node("n"), own], [])).toEqual([]);
    expect(checkNodes([{ pod: "p", set: picky }], [node("n")], [])).toHaveLength(1);
  });

  test("is not placed beside another validator where each wants a node of its own", () => {
    const labels = { app: "axon" };
    const apart = setOf("axon-0", {
      pod: {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: labels } },
            ],
          },
        },
      },
    });
    const three = ["a", "b", "c"].map((pod) => ({ pod, set: apart }));
    const found = checkNodes(three, [node("m"), node("n")], []);

    expect(found).toMatchObject([
      {
        ...{ code: "no-capacity", at: "StatefulSet axon-0, pod c" },
        why: expect.stringContaining(
          "m, n: each has pods beside which its podAntiAffinity lets none",
        ),
      },
    ]);
    const stranger = { pod: "a", isForeign: true, spec: apart.spec.template.spec, labels };
    const elsewhere = ["m", "n"].map((place) => ({ ...stranger, node: place }));
    expect(checkNodes(three.slice(0, 2), [node("m"), node("n")], elsewhere)).toEqual([]);
  });

  test("is not placed in the room that another one of the release takes", () => {
    const three = ["a", "b", "c"].map((pod) => ({ pod, set }));

    expect(checkNodes(three, [node("n")], []).map(({ at }) => at)).toEqual([
      "StatefulSet axon-0, pod c",
    ]);
  });
});

describe("a quota", () => {
  test("has to leave room for what is more than before", () => {
    const quota = {
      name: "all",
      hard: { "requests.cpu": "10", pods: "20" },
      used: { "requests.cpu": "9500m", pods: "3" },
    };

    expect(checkQuotas({ cpu: 0.5, pods: 1 }, [quota])).toEqual([]);
    expect(checkQuotas({ cpu: 1 }, [quota])).toMatchObject([
      {
        code: "quota-exceeded",
        at: "ResourceQuota all",
        why: "The release asks for 1000m of CPU more, it leaves 500m of CPU.",
      },
    ]);
  });

  test("counts limits, claims and objects, too", () => {
    const hard = { "limits.memory": "4Gi", "requests.storage": "100Gi", "count/pods": "5" };
    const quota = { name: "all", hard, used: { "requests.storage": "50Gi" } };
    const at = (more: Record<string, number>) => checkQuotas(more, [quota]).map(({ why }) => why);

    expect(at({ "limits.memory": 4 * GIB, "requests.storage": 50 * GIB, "count/pods": 5 })).toEqual(
      [],
    );
    expect(at({ "limits.memory": 5 * GIB, "requests.storage": 60 * GIB, "count/pods": 6 })).toEqual(
      [
        "The release asks for 5 GiB of memory more, it leaves 4 GiB of memory.",
        "The release asks for 60 GiB of storage more, it leaves 50 GiB of storage.",
        "The release asks for 6 of count/pods more, it leaves 5 of count/pods.",
      ],
    );
  });
});
