import type { DisruptionBudget, KubeClient } from "@playbook/kube";
import { allowanceOf, restore, shut } from "../src/budget.ts";

type Spec = DisruptionBudget["spec"];

/** One budget, which Helm or a rollout writes. */
class Written {
  budget = {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "axon", namespace: "axon", resourceVersion: "1" },
    spec: {},
  } as DisruptionBudget;

  readonly #kube = {
    merge: async (_: unknown, change: object) => {
      this.budget = patched(this.budget, change) as DisruptionBudget;
      return this.budget;
    },
  } as unknown as KubeClient;

  constructor(spec: Spec) {
    this.helm(spec);
  }

  /** The annotation is not Helm's: it stays. */
  helm(spec: Spec): void {
    this.budget = { ...this.budget, spec };
  }

  shut = () => shut(this.#kube, [this.budget]);
  restore = () => restore(this.#kube, [this.budget]);
}

function patched(value: unknown, change: unknown): unknown {
  if (change === null || typeof change !== "object") return change;
  const entries = Object.entries(change)
    .filter(([, next]) => next !== undefined)
    .map(([key, next]) => [key, patched((value as Record<string, unknown>)?.[key], next)]);
  const all = Object.entries({ ...(value as object), ...Object.fromEntries(entries) });
  return Object.fromEntries(all.filter(([, next]) => next !== null));
}

test("a budget comes back as Helm wrote it last, also where that was on the way back", async () => {
  const written = new Written({ minAvailable: 4 });
  await written.shut();
  expect(allowanceOf(written.budget)).toEqual({ minAvailable: 4 });

  written.helm({ maxUnavailable: 1 });
  expect(allowanceOf(written.budget)).toEqual({ maxUnavailable: 1 });
  await written.shut();
  expect(written.budget.spec).toEqual({ maxUnavailable: 0 });
  await written.restore();

  expect(written.budget.spec).toEqual({ maxUnavailable: 1 });
  expect(written.budget.metadata.annotations).toEqual({});
});

test("one that somebody has opened meanwhile stays as it is, without our note", async () => {
  const written = new Written({ minAvailable: 4 });
  await written.shut();
  written.helm({ maxUnavailable: 2 });

  await written.restore();

  expect(written.budget.spec).toEqual({ maxUnavailable: 2 });
  expect(written.budget.metadata.annotations).toEqual({});
});
