import { type Keeper, lackOf } from "../src/others.ts";

const status = { observedGeneration: 2, updatedReplicas: 2, readyReplicas: 2 };

function keeper(changes: Partial<Keeper["status"]> = {}, spec: Partial<Keeper["spec"]> = {}) {
  return {
    metadata: { name: "rpc", generation: 2 },
    spec: { replicas: 2, ...spec },
    status: { ...status, ...changes },
  } as Keeper;
}

test.each<[string, Keeper, string | null]>([
  ["all are new and ready", keeper(), null],
  ["it has none", keeper({ updatedReplicas: 0, readyReplicas: 0 }, { replicas: 0 }), null],
  ["its controller is behind", keeper({ observedGeneration: 1 }), "has not seen it yet"],
  ["one is not ready", keeper({ readyReplicas: 1 }), "Of 2 pods 1 are ready, and 2 of 2 are new."],
  ["one is old", keeper({ updatedReplicas: 1 }), "2 are ready, and 1 of 2 are new"],
  [
    "one is held by the chart itself",
    keeper({ updatedReplicas: 1 }, { updateStrategy: { rollingUpdate: { partition: 1 } } }),
    null,
  ],
  ["nothing is known of it yet", { ...keeper(), status: undefined } as never, "not seen it yet"],
])("of a set where %s", (_, one, lack) => {
  if (lack === null) expect(lackOf(one)).toBeNull();
  else expect(lackOf(one)).toContain(lack);
});
