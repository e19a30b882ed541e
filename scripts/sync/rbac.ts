import { rbacObjects, systemsOf } from "@playbook/access";
import { Document } from "yaml";
import type { Action } from "../library.ts";
import { formatted } from "./formatted.ts";

const HEADER = ` Generated from every actions/*/access.yml by \`npm run sync\`: do not edit.

 What the systems' roles may do in a cluster, by the group that each role's access entry names.
 Apply it to the namespace that they work in: kubectl apply --namespace NAMESPACE -f rbac.yml`;

/** The RBAC manifest of all systems; undefined when no action works in Kubernetes. */
export function rbacManifest(actions: Action[]): string | undefined {
  const working = actions.filter(({ access }) => access.kubernetes.length > 0);
  const systems = Map.groupBy(working, ({ access }) => access.system ?? "");
  const objects = [...systems].flatMap(([system, members]) => {
    const rules = members.flatMap(({ access }) => access.kubernetes);
    return [...systemsOf(system, rules)].flatMap((each) => rbacObjects(...each));
  });
  if (objects.length === 0) return undefined;

  const documents = objects.map((object) => new Document(object).toString({ lineWidth: 100 }));
  const comment = HEADER.split("\n").map((line) => `#${line}`);
  return formatted(`${comment.join("\n")}\n---\n${documents.join("---\n")}`, "yml");
}
