import { ActionError, shipped } from "@playbook/action";
import type { ChartSource } from "@playbook/kube";

/** What keeps our own chart's sets from being replaced by Kubernetes. */
export const OWN_HOLD = { rollout: { hold: true } };

/** The chart that an input names: a folder, an OCI reference or an address with its version. */
export function chartSource(chart: string | undefined, version: string | undefined): ChartSource {
  if (!chart) return { path: shipped("actions/helm-rollout-axon/chart") };
  const isRemote = /^(oci|https?):\/\//.test(chart);
  if (!isRemote) return { path: chart };
  if (version) return { reference: chart, version };
  throw new ActionError("bad-input", {
    what: '"chart-version" is missing.',
    why: `"chart" names ${chart}, of which there can be several versions.`,
    next: "Give the one version that is meant.",
  });
}
