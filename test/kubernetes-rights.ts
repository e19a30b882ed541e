import { type Grant, grantName, groupOf, type Rule, rbacObjects } from "@playbook/access";
import type { Asked, Cluster, User } from "@playbook/world";

const RBAC = "/apis/rbac.authorization.k8s.io/v1";
const PLURALS = { RoleBinding: "rolebindings", ClusterRoleBinding: "clusterrolebindings" };

/** Whom an action is in a cluster, by an access entry of its system's role. */
export function userOf(system: string): User {
  return { name: `${system}-run`, groups: [groupOf(system)] };
}

/** Gives a system's user exactly these rules, in the place of those that it had. */
export async function giveRules(
  { api }: Cluster,
  { system, namespace, rules }: { system: string; namespace: string; rules: readonly Rule[] },
): Promise<void> {
  const objects = rbacObjects(system, rules);
  const cluster = `${RBAC}/clusterrolebindings/playbook-${system}`;
  const isGiven = objects.some(({ kind }) => kind === "ClusterRoleBinding");
  if (!isGiven && (await api.find(cluster))) await api.delete(cluster);
  for (const object of objects) {
    const place = object.kind.startsWith("Cluster") ? "" : `/namespaces/${namespace}`;
    const plural = PLURALS[object.kind as keyof typeof PLURALS] ?? `${object.kind.toLowerCase()}s`;
    await api.apply(`${RBAC}${place}/${plural}/${object.metadata.name}`, object as never);
  }
}

/** What a user has done in the API server since the gate forgot: as RBAC judges it. */
export function usedBy({ gate }: Cluster, { name }: User): Grant[] {
  const own = gate
    .requests()
    .filter(({ user, resource, dryRun }) => user === name && resource !== "" && !dryRun);
  return [...new Set(own.map(grantOf))].sort();
}

/** What a user was refused of that. */
export function refusedTo({ gate }: Cluster, { name }: User): Grant[] {
  const refused = gate
    .requests()
    .filter(({ user, status, dryRun }) => user === name && status === 403 && !dryRun);
  return refused.map(grantOf);
}

/** What a user has asked the API server about, without doing it, and was not told. */
export function untoldTo({ gate }: Cluster, { name }: User): Grant[] {
  const asked = gate
    .requests()
    .filter(({ user, status, dryRun }) => user === name && status === 403 && dryRun);
  return [...new Set(asked.map(grantOf))];
}

/** What a request needs. */
export function grantOf({ verb, group, resource, namespace }: Asked): Grant {
  return grantName(verb, group, resource, namespace ? "namespace" : "cluster");
}
