import { checkNodes } from "../../src/preflight/room/capacity.ts";
import { meets, type NodeTerm } from "../../src/preflight/room/node-terms.ts";
import type { Node } from "../../src/preflight/room/place.ts";
import { claimsOf } from "../../src/preflight/room/volumes.ts";
import { setOf } from "./sets.ts";

const ZONE = "topology.kubernetes.io/zone";

const inZone = (zone: string): NodeTerm[] => [
  { matchExpressions: [{ key: ZONE, operator: "In", values: [zone] }] },
];

function node(name: string, zone: string, changes: Partial<Node> = {}): Node {
  const allocatable = { cpu: "2", memory: "4Gi", pods: "10" };
  const labels = { [ZONE]: zone, ...changes.labels };
  return { ...{ name, taints: [], unschedulable: false, allocatable }, ...changes, labels };
}

const volumes = [{ name: "pvc-1", terms: inZone("a") }];
const found = (nodes: Node[], pod: Parameters<typeof setOf>[1] = {}) =>
  checkNodes([{ pod: "axon-0-0", set: setOf("axon-0", pod), volumes }], nodes, []);

describe("a pod whose disk is in a zone", () => {
  test("goes to a node there, and to no other one that has more room", () => {
    expect(found([node("far", "b"), node("near", "a")])).toEqual([]);
    const full = node("near", "a", { allocatable: { cpu: "100m", memory: "4Gi", pods: "10" } });
    expect(found([node("far", "b"), full])).toMatchObject([
      { code: "no-capacity", why: expect.stringContaining("None of the 1 nodes") },
    ]);
  });

  test("is found to have none, with the disk and where it is", () => {
    expect(found([node("far", "b")])).toMatchObject([
      {
        ...{ code: "volume-out-of-reach", level: "error", at: "StatefulSet axon-0, pod axon-0-0" },
        why: expect.stringContaining(
          `pvc-1 (${ZONE} In a), and no node there takes it: no node is`,
        ),
        next: expect.stringContaining("snapshot"),
      },
    ]);
  });

  const tainted = { taints: [{ key: "gpu", effect: "NoSchedule" }] };
  const elsewhere = {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: inZone("b") },
    },
  };

  test.each([
    ["is cordoned", { unschedulable: true }, {}],
    ["has the taint gpu", tainted, {}],
    [`has not the nodeSelector's ${ZONE}=b`, {}, { nodeSelector: { [ZONE]: "b" } }],
    [`is not what nodeAffinity asks for, ${ZONE} In b`, {}, { affinity: elsewhere }],
  ])("is told what keeps it off: the node there %s", (barrier, changes, pod) => {
    const [finding] = found([node("near", "a", changes), node("far", "b")], { pod });

    expect(finding).toMatchObject({ code: "volume-out-of-reach" });
    expect(finding?.why).toContain(`near ${barrier}`);
  });

  test("is told of three nodes, and how many more there are", () => {
    const all = ["k", "l", "m", "n", "o"].map((name) => node(name, "a", { unschedulable: true }));

    expect(found(all)[0]?.why).toContain("m is cordoned, and 2 more");
  });

  test("needs one node for all of its disks", () => {
    const both = [...volumes, { name: "pvc-2", terms: inZone("b") }];
    const wanted = [{ pod: "axon-0-0", set: setOf("axon-0"), volumes: both }];

    expect(checkNodes(wanted, [node("m", "a"), node("n", "b")], [])).toMatchObject([
      { code: "volume-out-of-reach", why: expect.stringContaining("pvc-1") },
    ]);
  });
});

test("a pod without a disk is bound to no zone, but by its own affinity", () => {
  const pod = {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: inZone("b") },
      },
    },
  };
  const wanted = [{ pod: "axon-0-0", set: setOf("axon-0", { pod }) }];

  expect(checkNodes(wanted, [node("n", "b")], [])).toEqual([]);
  expect(checkNodes(wanted, [node("m", "a")], [])).toMatchObject([{ code: "no-capacity" }]);
});

test("a pod's claims are those of its templates, and those that it names", () => {
  const volume = { name: "old", persistentVolumeClaim: { claimName: "by-hand" } };

  expect(claimsOf("axon-0-0", setOf("axon-0", { pod: { volumes: [volume] } }))).toEqual([
    ...["data-axon-0-0", "by-hand"],
  ]);
});

describe("a node meets a term", () => {
  const one = { name: "n", labels: { disk: "ssd", cores: "8" } };
  const term = (key: string, operator: string, ...values: string[]): NodeTerm[] => [
    { matchExpressions: [{ key, operator, values }] },
  ];

  test.each<[string, NodeTerm[], boolean]>([
    ["In", term("disk", "In", "ssd", "nvme"), true],
    ["In, not", term("disk", "In", "nvme"), false],
    ["NotIn", term("disk", "NotIn", "nvme"), true],
    ["NotIn, without the label", term("gpu", "NotIn", "a100"), true],
    ["Exists", term("disk", "Exists"), true],
    ["Exists, not", term("gpu", "Exists"), false],
    ["DoesNotExist", term("gpu", "DoesNotExist"), true],
    ["Gt", term("cores", "Gt", "4"), true],
    ["Gt, not", term("cores", "Gt", "8"), false],
    ["Lt", term("cores", "Lt", "9"), true],
    ["an operator that nobody knows", term("disk", "Like", "ssd"), false],
    ["either of two", [...term("disk", "In", "hdd"), ...term("cores", "Exists")], true],
    [
      "its name",
      [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["n"] }] }],
      true,
    ],
    ["nothing that is asked for", [{}], false],
  ])("by %s", (_, terms, met) => {
    expect(meets(terms, one)).toBe(met);
  });
});
