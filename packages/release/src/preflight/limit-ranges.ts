import { ActionError } from "@playbook/action";
import type { KubeClient, KubeObject, Resource } from "@playbook/kube";
import { type Finding, warning } from "./finding.ts";
import { checkLimits, type LimitRange, type Limits } from "./limits.ts";
import type { StatefulSet } from "./manifest.ts";
import { claims, freshClaims } from "./room.ts";

type LimitRangeObject = KubeObject & { spec?: { limits?: Limits[] } };

const limitRanges: Resource<LimitRangeObject> = {
  ...{ apiVersion: "v1", kind: "LimitRange", plural: "limitranges", namespaced: true },
};

/** What the namespace's LimitRanges make of the pods and claims of a release. */
export async function checkLimitRanges(
  kube: KubeClient,
  namespace: string,
  all: readonly StatefulSet[],
): Promise<Finding[]> {
  try {
    const ranges = (await kube.list(limitRanges, { namespace })).map(rangeOf);
    if (ranges.length === 0) return [];
    const there = await claimsFor(kube, namespace, ranges);
    const running = all.filter(({ spec }) => spec.replicas !== 0);
    return checkLimits(
      running.map((set) => ({ set, claims: there ? freshClaims(set, there) : [] })),
      ranges,
    );
  } catch (error) {
    if (!(error instanceof ActionError) || error.code !== "kube-forbidden") throw error;
    const next = "Apply the RBAC manifest of this release again to have them looked at.";
    return [warning("limits-unseen", "LimitRanges", error.what, next)];
  }
}

/** The claims that are there, where they count. */
async function claimsFor(
  kube: KubeClient,
  namespace: string,
  ranges: readonly LimitRange[],
): Promise<Set<string> | null> {
  const counts = ranges.some(({ limits }) =>
    limits.some(({ type }) => type === "PersistentVolumeClaim"),
  );
  if (!counts) return null;
  const found = await kube.list(claims, { namespace });
  return new Set(found.map(({ metadata }) => metadata.name));
}

function rangeOf({ metadata, spec }: LimitRangeObject): LimitRange {
  return { name: metadata.name, limits: spec?.limits ?? [] };
}
