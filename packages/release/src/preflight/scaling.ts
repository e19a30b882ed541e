import { error, type Finding } from "./finding.ts";
import { type Manifest, nameOf, type StatefulSet } from "./manifest.ts";

type Scaler = Manifest & {
  spec?: {
    scaleTargetRef?: { kind?: string; name?: string };
    minReplicas?: number;
    maxReplicas?: number;
    /** As KEDA calls them. */
    minReplicaCount?: number;
    maxReplicaCount?: number;
  };
};

/** Whether something else than a person decides how many pods a set of validators has. */
export function checkScaling(
  sets: readonly StatefulSet[],
  manifests: readonly Manifest[],
): Finding[] {
  const scalers = manifests.filter(({ kind }) =>
    /^(?:HorizontalPodAutoscaler|ScaledObject)$/.test(kind),
  ) as Scaler[];
  return scalers.flatMap((scaler) => {
    const { kind = "Deployment", name } = scaler.spec?.scaleTargetRef ?? {};
    const set = sets.find(({ metadata }) => kind === "StatefulSet" && metadata.name === name);
    return set && changes(scaler, set.spec.replicas ?? 1) ? [scaled(scaler, set)] : [];
  });
}

/** What is not said is the default of either kind. */
function changes({ kind, spec = {} }: Scaler, replicas: number): boolean {
  const isOwn = kind === "ScaledObject";
  const fewest = (isOwn ? spec.minReplicaCount : spec.minReplicas) ?? (isOwn ? 0 : 1);
  const most = (isOwn ? spec.maxReplicaCount : spec.maxReplicas) ?? 100;
  return fewest < replicas || most > replicas;
}

function scaled(scaler: Scaler, set: StatefulSet): Finding {
  const why =
    `It may change how many pods ${nameOf(set)} has: a pod more signs with a key that another one ` +
    "has, or with none, and a pod less is a vote that is missing.";
  const next = "Take it away from validators: only nodes that have no keys are scaled.";
  return error("validator-scaled", nameOf(scaler), why, next);
}
