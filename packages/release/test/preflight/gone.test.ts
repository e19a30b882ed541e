import type { Pod } from "@playbook/kube";
import { checkGone } from "../../src/preflight/sets/gone.ts";
import { setOf } from "./sets.ts";

const podOf = (name: string, ending = false) =>
  ({ metadata: { name, ...(ending && { deletionTimestamp: "2026-01-01T00:00:00Z" }) } }) as Pod;

const held = { updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 1 } } };
const where = { namespace: "axon", release: "chain", keeper: "configmaps" } as const;

function found(sets: ReturnType<typeof setOf>[], there: string[], pods: Pod[]) {
  const live = new Map(there.map((name) => [name, {}]));
  return checkGone(sets, { ...where, live, pods });
}

test("a set that is gone while its pod runs would be made open", () => {
  expect(found([setOf("a"), setOf("b")], ["a"], [podOf("a-0"), podOf("b-0")])).toMatchObject([
    {
      code: "set-gone",
      level: "error",
      at: "StatefulSet b",
      why: expect.stringContaining("replace the pod at once"),
      next: expect.stringContaining(
        "`HELM_DRIVER=configmap helm get manifest chain --namespace axon | kubectl create",
      ),
    },
  ]);
});

test("one that is made held may come back by the rollout", () => {
  expect(found([setOf("a"), setOf("b", held)], ["a"], [podOf("a-0"), podOf("b-0")])).toEqual([]);
});

test("where no set is left, their pods would be taken for none of a chain, held or not", () => {
  const gone = found([setOf("a", held), setOf("b")], [], [podOf("a-0"), podOf("b-0")]);

  expect(gone.map(({ at }) => at)).toEqual(["StatefulSet a", "StatefulSet b"]);
  expect(gone[0]?.why).toContain("a chain that is to begin");
});

test("of a set with several, one pod that runs is enough, and one that ends is none", () => {
  const sets = [setOf("a", { replicas: 3 })];

  expect(found(sets, [], [podOf("a-2")])).toHaveLength(1);
  expect(found(sets, [], [podOf("a-2", true), podOf("a-3"), podOf("other-0")])).toEqual([]);
});

test("a chain that begins has none", () => {
  expect(found([setOf("a"), setOf("b")], [], [])).toEqual([]);
});
