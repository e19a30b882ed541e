import type { PodSpec } from "../../src/preflight/manifest.ts";
import { checkNodes } from "../../src/preflight/room/capacity.ts";
import type { Node, Placed } from "../../src/preflight/room/place.ts";
import type { Spread } from "../../src/preflight/room/spread.ts";
import { setOf } from "./sets.ts";

const ZONE = "topology.kubernetes.io/zone";
const labelSelector = { matchLabels: { app: "axon" } };

function node(name: string, zone?: string, changes: Partial<Node> = {}): Node {
  const allocatable = { cpu: "8", memory: "32Gi", pods: "20" };
  const labels: Record<string, string> = zone ? { [ZONE]: zone } : {};
  return { name, labels, taints: [], unschedulable: false, allocatable, ...changes };
}

const there = (name: string, on: string, labels = { app: "axon" }): Placed => ({
  ...{ pod: name, node: on, labels, spec: { containers: [] } },
});

/** The pods, of so many that are to be, that find no place. */
function placeless(
  count: number,
  pod: Partial<PodSpec>,
  nodes: readonly Node[],
  placed: readonly Placed[] = [],
): string[] {
  const wanted = Array.from({ length: count }, (_, at) => {
    const set = setOf(`v${at}`, { pod });
    return { pod: `v${at}-0`, set };
  });
  return checkNodes(wanted, nodes, placed).map(({ at }) => at.split("pod ")[1] ?? "");
}

describe("pods that are to be spread", () => {
  const spread = (changes: Partial<Spread> = {}): Partial<PodSpec> => ({
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: ZONE, labelSelector, ...changes }],
  });
  const both = [node("m", "a"), node("n", "b")];

  test("have places as long as no zone has more than one more than another", () => {
    expect(placeless(4, spread(), both)).toEqual([]);
    expect(placeless(2, spread(), both, [there("x", "m"), there("y", "m")])).toEqual([]);
    expect(placeless(1, spread(), [node("m", "a")], [there("x", "m")])).toEqual([]);
  });

  test("have none beside each other where the node of another zone has no room", () => {
    const full = node("n", "b", { allocatable: { cpu: "0", pods: "20" } });
    const open = { ...full, taints: [{ key: "x", effect: "NoSchedule" }] };

    expect(placeless(2, spread(), [node("m", "a"), full])).toEqual(["v1-0"]);
    expect(placeless(2, spread(), [node("m", "a"), open])).toEqual(["v1-0"]);
    expect(placeless(2, spread({ nodeTaintsPolicy: "Honor" }), [node("m", "a"), open])).toEqual([]);
    expect(placeless(2, spread({ maxSkew: 2 }), [node("m", "a"), full])).toEqual([]);
    expect(
      placeless(2, spread({ whenUnsatisfiable: "ScheduleAnyway" }), [node("m", "a"), full]),
    ).toEqual([]);
  });

  test("have none on nodes that have not the label", () => {
    expect(placeless(1, spread({ topologyKey: "rack" }), both)).toEqual(["v0-0"]);
    expect(placeless(1, spread({ topologyKey: "kubernetes.io/hostname" }), both)).toEqual([]);
  });

  test("have none before there are as many zones as are asked for", () => {
    expect(placeless(3, spread({ minDomains: 3 }), both)).toEqual(["v2-0"]);
    expect(placeless(2, spread({ minDomains: 3 }), both)).toEqual([]);
  });

  test("count those alone that are meant, of their own namespace and zones", () => {
    const foreign = { ...there("x", "m"), isForeign: true };
    const other = there("y", "m", { app: "other" });
    const chosen = { ...spread(), nodeSelector: { [ZONE]: "a" } };

    expect(placeless(1, spread(), [node("m", "a"), node("n", "b")], [foreign, other])).toEqual([]);
    expect(placeless(2, chosen, both)).toEqual([]);
    expect(
      placeless(
        2,
        { ...spread({ nodeAffinityPolicy: "Ignore" }), nodeSelector: { [ZONE]: "a" } },
        both,
      ),
    ).toEqual(["v1-0"]);
    expect(placeless(2, spread({ matchLabelKeys: ["validator"] }), [node("m", "a")])).toEqual([]);
  });
});

describe("pods that take ports of their node", () => {
  const taking = (port: object, more: Partial<PodSpec> = {}): Partial<PodSpec> => ({
    containers: [{ name: "axon", image: "r/axon:v1", ports: [port] }],
    ...more,
  });
  const two = [node("m"), node("n")];

  test("need a node each", () => {
    expect(placeless(3, taking({ containerPort: 8001, hostPort: 8001 }), two)).toEqual(["v2-0"]);
    expect(placeless(3, taking({ containerPort: 8001 }, { hostNetwork: true }), two)).toEqual([
      "v2-0",
    ]);
    expect(placeless(3, taking({ containerPort: 8001 }), two)).toEqual([]);
  });

  test("are beside others that have another port, protocol or address", () => {
    const has = (port: object): Placed => ({
      ...there("x", "m"),
      isForeign: true,
      spec: taking(port) as PodSpec,
    });
    const wanted = taking({ hostPort: 8001, hostIP: "10.0.0.1" });
    const onOne = (port: object) => placeless(1, wanted, [node("m")], [has(port)]);

    expect(onOne({ hostPort: 8002 })).toEqual([]);
    expect(onOne({ hostPort: 8001, protocol: "UDP" })).toEqual([]);
    expect(onOne({ hostPort: 8001, hostIP: "10.0.0.2" })).toEqual([]);
    expect(onOne({ hostPort: 8001 })).toEqual(["v0-0"]);
  });
});

describe("pods that are to be beside others", () => {
  const beside = (match: Record<string, string>): Partial<PodSpec> => ({
    affinity: {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: ZONE, labelSelector: { matchLabels: match } },
        ],
      },
    },
  });
  const both = [node("m", "a"), node("n", "b")];

  test("need one of them there", () => {
    const db = there("db", "n", { app: "db" });

    expect(placeless(1, beside({ app: "db" }), both)).toEqual(["v0-0"]);
    expect(placeless(1, beside({ app: "db" }), both, [db])).toEqual([]);
    expect(placeless(1, beside({ app: "db" }), [node("m", "a")], [db])).toEqual(["v0-0"]);
    expect(placeless(1, beside({ app: "db" }), both, [{ ...db, isForeign: true }])).toEqual([
      "v0-0",
    ]);
  });

  test("begin where they like where they are to be beside each other", () => {
    expect(placeless(3, beside({ app: "axon" }), both)).toEqual([]);
  });
});

test("a pod that names its node goes nowhere else", () => {
  expect(placeless(1, { nodeName: "n" }, [node("m"), node("n")])).toEqual([]);
  expect(placeless(1, { nodeName: "gone" }, [node("m"), node("n")])).toEqual(["v0-0"]);
});
