import { quantity } from "@playbook/kube";

/** What of a node's pod template counts for a pod that mounts the same volume. */
export type Like = {
  securityContext?: object;
  nodeSelector?: Record<string, string>;
  tolerations?: object[];
  imagePullSecrets?: object[];
  /**
   * Where a volume stays that is first used here: only beside such pods as its node can be beside.
   */
  placed?: Placed;
};

/** How a node is placed: what it asks for, and how it keeps apart from the others of its kind. */
export type Placed = {
  requests: { cpu?: string | number; memory?: string | number };
  /** Whether no two may be on one machine, and whether zones are a rule or a wish. */
  hosts: "required" | "preferred";
  zones: "DoNotSchedule" | "ScheduleAnyway";
  /** Where volumes of others of its kind are already, whose pods have come and gone. */
  others?: readonly Place[];
};

/** A label of nodes, and its value: a zone, most often. */
export type Place = { key: string; value: string };

/** Rather where none of its kind is, and rather where one is than where two are. */
export function affinityOf({ hosts, others = [] }: Partial<Placed> = {}, alone: object): object {
  const wishes = others.map(({ key, value }) => ({
    weight: Math.floor(100 / others.length),
    preference: { matchExpressions: [{ key, operator: "NotIn", values: [value] }] },
  }));
  const affinity = {
    ...(hosts === "required" && {
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [alone] },
    }),
    ...(wishes.length > 0 && {
      nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: wishes },
    }),
  };
  return Object.keys(affinity).length > 0 ? { affinity } : {};
}

/** At least what its node asks for: a volume would be made where only the mover fits. */
export function resourcesFor({ cpu = 0, memory = 0 }: Placed["requests"] = {}) {
  return {
    requests: { cpu: larger("250m", cpu), memory: larger("128Mi", memory) },
    limits: { memory: larger("1Gi", memory) },
  };
}

function larger(one: string, other: string | number): string | number {
  return quantity(other) > quantity(one) ? other : one;
}
