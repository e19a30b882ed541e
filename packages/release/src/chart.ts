import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ActionError } from "@playbook/action";
import type { ChartSource } from "@playbook/kube";

const OWN_CHART = "actions/helm-rollout-axon/chart";

/** What keeps our own chart's sets from being replaced by Kubernetes. */
export const OWN_HOLD = { rollout: { hold: true } };

/** Where the library's own chart is: in the clone, or beside the entry in a release. */
function ownChart(): string {
  const here = fileURLToPath(new URL(".", import.meta.url));
  const places = ["../../..", ".."].map((way) => join(here, way, OWN_CHART));
  return places.find((place) => existsSync(join(place, "Chart.yaml"))) ?? "chart";
}

/** The chart that an input names: a folder, an OCI reference or an address with its version. */
export function chartSource(chart: string | undefined, version: string | undefined): ChartSource {
  if (!chart) return { path: ownChart() };
  const isRemote = /^(oci|https?):\/\//.test(chart);
  if (!isRemote) return { path: chart };
  if (version) return { reference: chart, version };
  throw new ActionError("bad-input", {
    what: '"chart-version" is missing.',
    why: `"chart" names ${chart}, of which there can be several versions.`,
    next: "Give the one version that is meant.",
  });
}
