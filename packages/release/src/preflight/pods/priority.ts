import { error, type Finding } from "../finding.ts";
import { type Manifest, nameOf, podSpecOf } from "../manifest.ts";

/** Kubernetes has these by itself. */
const BUILT_IN = /^system-(?:cluster|node)-critical$/;

/** The priority classes that pods name and the chart does not render. */
export function prioritiesNamed(manifests: readonly Manifest[]): string[] {
  const rendered = manifests.filter(({ kind }) => kind === "PriorityClass");
  const own = new Set(rendered.map(({ metadata }) => metadata.name));
  const named = manifests.flatMap((one) => podSpecOf(one)?.priorityClassName || []);
  return [...new Set(named)].filter((name) => !own.has(name) && !BUILT_IN.test(name));
}

/** Pods of a class that there is not: the API server takes their set, and none of them. */
export function checkPriorities(
  manifests: readonly Manifest[],
  missing: readonly string[],
): Finding[] {
  return manifests.flatMap((one) => {
    const name = podSpecOf(one)?.priorityClassName;
    if (!name || !missing.includes(name)) return [];
    const why =
      `There is no PriorityClass ${name}, and none is rendered: no pod of it would be made any ` +
      "more, and a validator that is let go would not come back.";
    const next = "Name a class that there is, create this one first, or leave it out.";
    return [error("priority-unknown", `${nameOf(one)}, priorityClassName`, why, next)];
  });
}
