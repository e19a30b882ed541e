import type { Pod } from "@playbook/kube";
import { isSelected } from "@playbook/rollout";
import { error, type Finding } from "../finding.ts";
import { type Manifest, type StatefulSet, statefulSets } from "../manifest.ts";
import { Files } from "../pods/mounts.ts";
import { textOf } from "./held-keys.ts";
import { type Holder, holdersIn, sharedBy } from "./own-keys.ts";

/** What is rendered, and what the pods that run have. */
type Case = {
  manifests: readonly Manifest[];
  validators: ReadonlySet<string>;
  pods: readonly Pod[];
  /** The ConfigMaps that these have. */
  maps: readonly Manifest[];
};

/**
 * Whether a validator is to have a key that another's pod signs with now: that pod goes on while
 * the validator is replaced, as one is replaced at a time.
 */
export function checkKeysRun({ manifests, validators, pods, maps }: Case): Finding[] {
  const after = holdersIn(manifests, { validators, files: new Files([...manifests, ...maps]) });
  const own = after.filter(({ isValidator }) => isValidator);
  if (own.length === 0) return [];
  const files = new Files([...maps, ...manifests]);
  const running = pods.filter(isAlive).flatMap((pod) => {
    const set = setOf(pod, statefulSets(manifests));
    const [holder] = holdersIn([{ ...pod, kind: "Pod" } as Manifest], { files });
    return holder ? [{ set, holder: { ...holder, isValidator: validators.has(set ?? "") } }] : [];
  });
  return own.flatMap((one) => {
    const { name } = one.workload;
    const others = running.filter(({ set }) => set !== name);
    return others.flatMap(({ set, holder }) => {
      const shared = sharedBy(holder, one).find(({ isSure }) => isSure);
      const next = after.find(
        ({ workload }) => workload.kind === "StatefulSet" && workload.name === set,
      );
      const isTold = next !== undefined && sharedBy(next, one).some(({ isSure }) => isSure);
      return shared && !isTold ? [twice(one, holder, textOf(shared.key))] : [];
    });
  });
}

function isAlive({ status }: Pod): boolean {
  return status?.phase !== "Succeeded" && status?.phase !== "Failed";
}

/** The set that a pod is of; one that has none goes to the set of its name that selects it. */
function setOf({ metadata }: Pod, sets: readonly StatefulSet[]): string | undefined {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  if (owner) return owner.kind === "StatefulSet" ? owner.name : undefined;
  const [, name] = /^(.+)-\d+$/.exec(metadata.name) ?? [];
  const set = sets.find((one) => one.metadata.name === name);
  return set && isSelected(set.spec.selector, metadata.labels) ? name : undefined;
}

function twice({ workload }: Holder, { workload: other }: Holder, key: string): Finding {
  const why =
    `It is to have ${key}, and ${other.at} signs with that now: while both ` +
    "run, two sign two blocks at one height.";
  const next = `Keep the key that it has; or see ${other.at} stopped and gone first.`;
  return error("one-key-twice", workload.at, why, next);
}
