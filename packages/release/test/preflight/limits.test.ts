import type { StatefulSet } from "../../src/preflight/manifest.ts";
import { checkLimits, type Limits } from "../../src/preflight/room/limits.ts";
import { setOf } from "./sets.ts";

const GIB = 1024 ** 3;

function limited(name: string, resources: object, size = 100 * GIB) {
  const set: StatefulSet = setOf(name, { pod: { containers: [{ name: "axon", resources }] } });
  return { set, claims: [{ name: "data", size }] };
}

const asking = { requests: { cpu: "1", memory: "2Gi" }, limits: { memory: "4Gi" } };
const three = ["a", "b", "c"].map((name) => limited(name, asking));

const found = (limits: Limits[], all = three) => checkLimits(all, [{ name: "team", limits }]);

test("a LimitRange that lets all of it in, and gives nothing, is not told of", () => {
  const whole = { ...asking, limits: { cpu: "2", memory: "4Gi" } };
  const type = "Container";

  expect(found([{ type, max: { cpu: "2", memory: "4Gi" }, min: { cpu: "1" } }], [])).toEqual([]);
  expect(
    found([{ type, max: { cpu: "2", memory: "4Gi" }, min: { cpu: "1" } }], [limited("a", whole)]),
  ).toEqual([]);
});

test("what is the same for several sets is told once", () => {
  expect(found([{ type: "Container", max: { memory: "3Gi" } }])).toEqual([
    {
      ...{ code: "out-of-limits", level: "error", at: "LimitRange team" },
      why:
        "Container axon of StatefulSet a, b, c has 4 GiB of memory; " +
        "3 GiB of memory are the most.",
      next: "Change the LimitRange, or what the values ask for.",
    },
  ]);
});

test.each<[string, Limits, string]>([
  ["too little for a container", { type: "Container", min: { cpu: "1500m" } }, "1500m of CPU are"],
  ["too much for a pod", { type: "Pod", max: { memory: "1Gi" } }, "A pod of StatefulSet a, b, c"],
  ["no limit where one has to be", { type: "Pod", max: { cpu: "8" } }, "has no limit of cpu"],
  [
    "a limit too far above what is asked for",
    { type: "Container", maxLimitRequestRatio: { memory: "1" } },
    "at most 1 times what it asks for",
  ],
  [
    "a claim that is too large",
    { type: "PersistentVolumeClaim", max: { storage: "50Gi" } },
    "Claim data of StatefulSet a, b, c has 100 GiB of storage; 50 GiB of storage are the most.",
  ],
  [
    "a given limit under what is asked for",
    { type: "Container", default: { cpu: "500m" } },
    "asks for 1000m of CPU, and is limited to 500m of CPU.",
  ],
])("%s is refused", (_, limits, words) => {
  expect(found([limits])).toMatchObject([{ level: "error", why: expect.stringContaining(words) }]);
});

test("a limit that nobody but the LimitRange gives is told of, of init containers too", () => {
  const set = setOf("a", {
    pod: {
      containers: [{ name: "axon", resources: { requests: { memory: "2Gi" } } }],
      initContainers: [{ name: "init" }],
    },
  });
  const limits = [{ type: "Container", default: { memory: "3Gi" } }];

  expect(found(limits, [{ set, claims: [] }]).map(({ level, why }) => [level, why])).toEqual([
    ["warning", expect.stringMatching(/^Container init of .* is limited to 3 GiB of memory\.$/)],
    ["warning", expect.stringMatching(/^Container axon of .* is limited to 3 GiB of memory\.$/)],
  ]);
});
