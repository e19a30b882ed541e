import { checkNodes, checkQuotas, requestsOf } from "../../src/preflight/capacity.ts";
import type { Node } from "../../src/preflight/place.ts";
import { quantity, written } from "../../src/preflight/quantity.ts";
import { setOf } from "./sets.ts";

function node(name: string, changes: Partial<Node> = {}): Node {
  const allocatable = { cpu: "2", memory: "4Gi", pods: "10" };
  return { name, labels: {}, taints: [], unschedulable: false, allocatable, ...changes };
}

const set = setOf("axon-0");
const { spec } = set.spec.template;
const wanted = [{ pod: "axon-0-0", set }];

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
    ["has a taint", node("n", { taints: [{ key: "gpu", effect: "NoSchedule" }] })],
  ])("does not go to a node that %s", (_, only) => {
    expect(checkNodes(wanted, [only], [])).toMatchObject([
      { code: "no-capacity", why: expect.stringContaining("No node takes it") },
    ]);
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

    expect(found).toMatchObject([{ code: "no-capacity", at: "StatefulSet axon-0, pod c" }]);
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
});
