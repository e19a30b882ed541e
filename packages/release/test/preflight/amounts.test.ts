import type { Container, Manifest } from "../../src/preflight/manifest.ts";
import { checkAmounts } from "../../src/preflight/room/amounts.ts";
import { checkBudget } from "../../src/preflight/sets/budgets.ts";
import { checkGrace } from "../../src/preflight/sets/holding.ts";
import { setOf } from "./sets.ts";

type Resources = NonNullable<Container["resources"]>;

function found(resources: Resources, storage = "1Gi"): string[] {
  const set = setOf("a", {
    volumeClaimTemplates: [
      { metadata: { name: "data" }, spec: { resources: { requests: { storage } } } },
    ],
    pod: { containers: [{ name: "axon", resources }] },
  });
  return checkAmounts(set).map(({ level, code, at }) => `${level} ${code} ${at.slice(15)}`);
}

test.each<[Resources, string[]]>([
  [{ requests: { cpu: "1500m", memory: "1e9" }, limits: { memory: 2147483648 } }, []],
  [{ requests: { cpu: "0.5" }, limits: { cpu: 1, memory: "4G", "nvidia.com/gpu": 1 } }, []],
  [{ requests: { memory: "4gb" } }, ["error amount-refused container axon, requests.memory"]],
  [{ limits: { cpu: "two" } }, ["error amount-refused container axon, limits.cpu"]],
  [{ limits: { memory: "4K" } }, ["error amount-refused container axon, limits.memory"]],
  [{ requests: { memory: "400m" } }, ["warning amount-tiny container axon, requests.memory"]],
  [
    { requests: { memory: "5Gi" }, limits: { memory: "4Gi" } },
    ["error amount-refused container axon, requests.memory"],
  ],
])("of %j is found %j", (resources, expected) => {
  expect(found(resources)).toEqual(expected);
});

test.each([
  ["100Gb", ["error amount-refused claim data.storage"]],
  ["100m", ["warning amount-tiny claim data.storage"]],
])("of a claim's %s is found %j", (storage, expected) => {
  expect(found({}, storage)).toEqual(expected);
});

test("a pod that has no time to end is found", () => {
  const grace = (terminationGracePeriodSeconds?: number) =>
    checkGrace(setOf("a", { pod: { terminationGracePeriodSeconds } as object }));

  expect(grace(0)).toMatchObject([{ code: "no-grace", at: "StatefulSet a", level: "error" }]);
  expect([...grace(30), ...grace()]).toEqual([]);
});

test("a budget that says both of what it may say one of is found", () => {
  const spec = { selector: { matchLabels: { app: "axon" } }, maxUnavailable: 1 };
  const budget = (more: object): Manifest => ({
    ...{ kind: "PodDisruptionBudget", metadata: { name: "b" } },
    spec: { ...spec, ...more },
  });
  const codes = (more: object) => {
    const sets = [setOf("a"), setOf("b")];
    return checkBudget(sets, [...sets, budget(more)]).map(({ code }) => code);
  };

  expect(codes({ minAvailable: 1 })).toEqual(["budget-refused"]);
  expect(codes({ minAvailable: null })).toEqual([]);
});
