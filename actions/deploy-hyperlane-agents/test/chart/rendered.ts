import { fileURLToPath } from "node:url";
import { type Manifest, only, renderedBy, type Values } from "../../../../test/charts.ts";

export const chart = fileURLToPath(new URL("../../chart", import.meta.url));

/** What Helm makes of values. An error has what it says. */
export function rendered(
  values: Values,
  { release = "agent", namespace = "hyperlane" } = {},
): Promise<Manifest[]> {
  return renderedBy(chart, values, { release, namespace });
}

/** What Helm says against values; nothing where it takes them. */
export function refusal(values: Values): Promise<string> {
  return rendered(values).then(
    () => "",
    (error: { stderr: string }) => error.stderr,
  );
}

/** What the agent is told, by its file. */
export function configOf(manifests: Manifest[]): Record<string, unknown> {
  return JSON.parse(only(manifests, "ConfigMap").data["agent.json"]);
}

export function podOf(manifests: Manifest[]): Manifest {
  return only(manifests, "StatefulSet").spec.template;
}
