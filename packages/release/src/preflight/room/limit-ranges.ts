import { ActionError } from "@playbook/action";
import type { KubeClient, KubeObject, Resource } from "@playbook/kube";
import { type Finding, warning } from "../finding.ts";
import type { StatefulSet } from "../manifest.ts";
import type { Quota } from "./capacity.ts";
import { checkLimits, type LimitRange, type Limits } from "./limits.ts";
import { checkSaid, freshClaims } from "./quotas.ts";
import { claims, quotaOf, quotas } from "./room.ts";

type LimitRangeObject = KubeObject & { spec?: { limits?: Limits[] } };

const limitRanges: Resource<LimitRangeObject> = {
  ...{ apiVersion: "v1", kind: "LimitRange", plural: "limitranges", namespaced: true },
};

/**
 * What the namespace's LimitRanges make of the pods and claims of a release, and its quotas of
 * both.
 */
export async function checkLimitRanges(
  kube: KubeClient,
  namespace: string,
  all: readonly StatefulSet[],
): Promise<Finding[]> {
  try {
    const ranges = (await kube.list(limitRanges, { namespace })).map(rangeOf);
    const running = all.filter(({ spec }) => spec.replicas !== 0);
    const unsaid = checkSaid(running, await quotasIn(kube, namespace), ranges);
    if (ranges.length === 0) return unsaid;
    const there = await claimsFor(kube, namespace, ranges);
    const limited = running.map((set) => ({ set, claims: there ? freshClaims(set, there) : [] }));
    return [...unsaid, ...checkLimits(limited, ranges)];
  } catch (error) {
    if (!(error instanceof ActionError) || error.code !== "kube-forbidden") throw error;
    const next = "Apply the RBAC manifest of this release again to have them looked at.";
    return [warning("limits-unseen", "LimitRanges", error.what, next)];
  }
}

/** That quotas may not be looked at is told where room is looked for. */
async function quotasIn(kube: KubeClient, namespace: string): Promise<Quota[]> {
  try {
    return (await kube.list(quotas, { namespace })).map(quotaOf);
  } catch (error) {
    if (!(error instanceof ActionError) || error.code !== "kube-forbidden") throw error;
    return [];
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
