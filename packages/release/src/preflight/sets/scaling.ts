import { error, type Finding } from "../finding.ts";
import { type Manifest, nameOf, type StatefulSet } from "../manifest.ts";

export type Scaler = Manifest & {
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
  return scalersIn(manifests).flatMap((scaler) => {
    const set = sets.find((one) => scales(scaler, one));
    return set && changes(scaler, set.spec.replicas ?? 1) ? [scaled(scaler, set)] : [];
  });
}

const SCALERS = /^(?:HorizontalPodAutoscaler|ScaledObject)$/;

export function scalersIn(manifests: readonly Manifest[]): Scaler[] {
  return manifests.filter((one): one is Scaler => SCALERS.test(one.kind));
}

export function scales({ spec }: Scaler, { kind, metadata }: Manifest): boolean {
  const target = spec?.scaleTargetRef;
  return (target?.kind ?? "Deployment") === kind && target?.name === metadata.name;
}

/** How many pods it makes at the most. */
export function mostBy({ kind, spec = {} }: Scaler): number {
  return (kind === "ScaledObject" ? spec.maxReplicaCount : spec.maxReplicas) ?? 100;
}

/** What is not said is the default of either kind. */
function changes(scaler: Scaler, replicas: number): boolean {
  const { kind, spec = {} } = scaler;
  const isOwn = kind === "ScaledObject";
  const fewest = (isOwn ? spec.minReplicaCount : spec.minReplicas) ?? (isOwn ? 0 : 1);
  return fewest < replicas || mostBy(scaler) > replicas;
}

function scaled(scaler: Scaler, set: StatefulSet): Finding {
  const why =
    `It may change how many pods ${nameOf(set)} has: a pod more signs with a key that another ` +
    "one has, or with none, and a pod less is a vote that is missing.";
  const next = "Take it away from validators: only nodes that have no keys are scaled.";
  return error("validator-scaled", nameOf(scaler), why, next);
}
