import { ActionError } from "@playbook/action";
import { type KubeClient, pods } from "@playbook/kube";

/**
 * That no relayer from this chain runs while it goes back: they would deliver what it no longer
 * says. Throws `relayers-run`.
 */
export async function checkRelayers(
  clusters: readonly KubeClient[],
  relayers: string | undefined,
): Promise<void> {
  if (relayers === "none") return;
  const [namespace, labels] =
    relayers?.split("/", 1).concat(relayers.slice(relayers.indexOf("/") + 1)) ?? [];
  if (!namespace || !labels) throw unnamed();
  for (const kube of clusters) {
    const found = await kube.list(pods, { namespace, labels });
    if (found.length > 0) {
      throw running(
        kube.connection.cluster,
        found.map(({ metadata }) => metadata.name),
      );
    }
  }
}

function unnamed(): ActionError {
  return new ActionError("relayers-run", {
    what: "Whether a relayer from this chain runs is not known.",
    why: "Blocks are lost: what a relayer delivers of them elsewhere has no origin any more.",
    next: "Stop them, and name them with `relayers: namespace/label=value`, or say `none`.",
  });
}

function running(cluster: string, names: string[]): ActionError {
  return new ActionError("relayers-run", {
    what: `Relayers from this chain run in ${cluster}.`,
    why: `${names.join(", ")} would deliver elsewhere what the chain no longer says.`,
    next: "Scale them to nothing, see them gone, and run this again.",
  });
}
