import { ActionError } from "@playbook/action";
import { type Pod, repositoryOf } from "@playbook/kube";

/**
 * The image that a pod's container runs, by its digest. A pod may have others that were put before
 * it. Throws `source-not-running`.
 */
export function imageOf(pod: Pod | undefined, name: string, own: string | undefined): string {
  const container = pod?.spec.containers.find((each) => each.name === own);
  const status = pod?.status?.containerStatuses?.find((each) => each.name === container?.name);
  const digest = /@(sha256:[0-9a-f]{64})$/.exec((status as { imageID?: string })?.imageID ?? "");
  if (!container || !digest) throw notRunning(name, "Its image's digest is not known.");
  return `${repositoryOf(container.image)}@${digest[1]}`;
}

function notRunning(pod: string, why: string): ActionError {
  return new ActionError("source-not-running", {
    what: `${pod} does not run.`,
    why,
    next: "See why in its events and log; then run this again.",
  });
}
