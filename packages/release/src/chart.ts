import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ActionError } from "@playbook/action";
import type { ChartSource } from "@playbook/kube";

/** What keeps our own chart's sets from being replaced by Kubernetes. */
export const OWN_HOLD = { rollout: { hold: true } };

/** Where the library's own chart is: beside the entry of a release's action, or in the clone. */
function ownChart(): string {
  const [, entry = ""] = process.argv;
  const actions = [join(dirname(entry), ".."), join(here(), "../../../actions")];
  const places = actions.map((folder) => join(folder, "helm-rollout-axon", "chart"));
  return places.find((place) => existsSync(join(place, "Chart.yaml"))) ?? "chart";
}

/** A bundle is somewhere else, and webpack would make a file of its own of a URL that is written out. */
function here(): string {
  return dirname(fileURLToPath(import.meta.url));
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
