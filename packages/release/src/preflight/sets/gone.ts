import type { Pod } from "@playbook/kube";
import { podNameOf } from "@playbook/rollout";
import { error, type Finding } from "../finding.ts";
import { nameOf, type StatefulSet } from "../manifest.ts";

type There = {
  live: ReadonlyMap<string, unknown>;
  pods: readonly Pod[];
  namespace: string;
  release: string;
  /** What Helm keeps the release in. */
  keeper: "configmaps" | "secrets";
};

/**
 * Validators' sets that were deleted around their pods. Kubernetes gives those to the set that Helm
 * makes: an open one replaces them by itself; and where no set is left, nobody sees that there is a
 * chain.
 */
export function checkGone(sets: readonly StatefulSet[], there: There): Finding[] {
  const isThere = ({ metadata }: StatefulSet) => there.live.has(metadata.name);
  const gone = sets.filter((set) => !isThere(set) && runs(set, there.pods));
  const isAlone = sets.some(isThere);
  return gone
    .filter((set) => !isAlone || !isHeld(set))
    .map((set) => error("set-gone", nameOf(set), isAlone ? OPEN : NONE_LEFT, nextOf(there)));
}

const OPEN =
  "Its pod runs, and the set is gone. Helm would make it open, and Kubernetes " +
  "replace the pod at once, whoever votes.";
const NONE_LEFT =
  "Its pod runs, and the set is gone, as all of the chain's are: it would " +
  "be taken for a chain that is to begin.";

function nextOf({ namespace, release, keeper }: There): string {
  const driver = keeper === "configmaps" ? "HELM_DRIVER=configmap " : "";
  return (
    `Make it again as it was: \`${driver}helm get manifest ${release} --namespace ` +
    `${namespace} | kubectl create --namespace ${namespace} -f -\` makes what is gone and ` +
    "leaves the rest alone. Then run this again."
  );
}

function runs(set: StatefulSet, pods: readonly Pod[]): boolean {
  const { replicas = 1 } = set.spec;
  const names = Array.from({ length: replicas }, (_, at) => podNameOf(set, at));
  return pods.some(
    ({ metadata }) => names.includes(metadata.name) && metadata.deletionTimestamp === undefined,
  );
}

function isHeld({ spec }: StatefulSet): boolean {
  const { updateStrategy, replicas = 1 } = spec;
  return (updateStrategy?.rollingUpdate?.partition ?? 0) >= replicas;
}
