import { fileURLToPath } from "node:url";
import { type Manifest, ofKind, only, renderedBy, type Values } from "../../../../test/charts.ts";

export const chart = fileURLToPath(new URL("../../chart", import.meta.url));

/** What Helm makes of values. An error has what it says. */
export function rendered(values: Values, namespace = "axon"): Promise<Manifest[]> {
  return renderedBy(chart, values, { release: "axon", namespace });
}

/** What Helm says against values; nothing where it takes them. */
export function refusal(values: Values): Promise<string> {
  return rendered(values).then(
    () => "",
    (error: { stderr: string }) => error.stderr,
  );
}

/** The validators' sets, in their order. */
export function validatorSets(manifests: Manifest[]): Manifest[] {
  return ofKind(manifests, "StatefulSet").filter(
    ({ metadata }) => metadata.labels["app.kubernetes.io/component"] === "validator",
  );
}

/** The files that nodes are given. */
export function filesOf(manifests: Manifest[]): Record<string, string> {
  return only(manifests, "ConfigMap").data;
}
