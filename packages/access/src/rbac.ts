/** What an action may do in Kubernetes, as access.yml says it. */
export type Rule = {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly scope: "namespace" | "cluster";
  /** The only objects that it holds for; without it, all of the kind. */
  readonly names?: readonly string[] | undefined;
};

/** A rule as access.yml has it: some are needed only with this value of an input. */
export type ConditionalRule = Rule & {
  readonly when?:
    | { readonly input: string; readonly is?: readonly string[] | undefined }
    | undefined;
};

/** An object of RBAC as `kubectl apply` takes it. */
export type RbacObject = {
  apiVersion: "rbac.authorization.k8s.io/v1";
  kind: "Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding";
  metadata: { name: string };
} & Record<string, unknown>;

const API_GROUP = "rbac.authorization.k8s.io";
const apiVersion = `${API_GROUP}/v1` as const;

/** The Kubernetes group of a system's role: an access entry of EKS puts the role into it. */
export function groupOf(system: string): string {
  return `playbook:${system}`;
}

/**
 * The roles with exactly these rules, bound to a system's group. What is bound to a namespace names
 * none: it is applied to the one that the action works in.
 */
export function rbacObjects(system: string, rules: readonly Rule[]): RbacObject[] {
  const name = `playbook-${system}`;
  return (["namespace", "cluster"] as const).flatMap((scope) => {
    const own = rules.filter((rule) => rule.scope === scope).map(plain);
    if (own.length === 0) return [];

    const prefix = scope === "cluster" ? "Cluster" : "";
    const role = { apiVersion, kind: `${prefix}Role`, metadata: { name }, rules: own };
    const binding = {
      apiVersion,
      kind: `${prefix}RoleBinding`,
      metadata: { name },
      roleRef: { apiGroup: API_GROUP, kind: role.kind, name },
      subjects: [{ apiGroup: API_GROUP, kind: "Group", name: groupOf(system) }],
    };
    return [role, binding] as RbacObject[];
  });
}

/**
 * The systems that a system's rules make: itself with all of them, and where some are needed for no
 * plan, another one that may plan and nothing else.
 */
export function systemsOf(system: string, rules: readonly ConditionalRule[]): Map<string, Rule[]> {
  const toPlan = rules.filter(({ when }) => !when || when.is?.includes("plan"));
  const all = new Map<string, Rule[]>([[system, [...rules]]]);
  return toPlan.length < rules.length ? all.set(`${system}-plan`, toPlan) : all;
}

function plain({ apiGroups, resources, verbs, names }: Rule) {
  return {
    apiGroups: [...apiGroups],
    resources: [...resources],
    ...(names && { resourceNames: [...names] }),
    verbs: [...verbs],
  };
}

/** One verb on one resource: `patch apps/statefulsets`, `get pods`, `list nodes in the cluster`. */
export type Grant = string;

export function grantName(
  verb: string,
  group: string,
  resource: string,
  scope: Rule["scope"] = "namespace",
): Grant {
  const place = scope === "cluster" ? " in the cluster" : "";
  return `${verb} ${group ? `${group}/` : ""}${resource}${place}`;
}

/** All that rules allow, one verb on one resource at a time. */
export function grantsOf(rules: readonly Rule[]): Grant[] {
  const all = rules.flatMap(({ apiGroups, resources, verbs, scope }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => grantName(verb, group, resource, scope))),
    ),
  );
  return [...new Set(all)].sort();
}

/** The rules that allow all but one thing. */
export function withoutGrant(rules: readonly Rule[], grant: Grant): Rule[] {
  return rules.flatMap(({ apiGroups, resources, verbs, scope, names }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => {
        const left = verbs.filter((verb) => grantName(verb, group, resource, scope) !== grant);
        if (left.length === 0) return [];
        return [{ apiGroups: [group], resources: [resource], verbs: left, scope, names }];
      }),
    ),
  );
}
