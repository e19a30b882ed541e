import { type Pod, repositoryOf } from "@playbook/kube";

/**
 * How many nodes of the chain there are beside the validators: pods in step that run the same
 * image. Each may be connected with every validator.
 */
export function followersIn(all: readonly Pod[], validators: readonly Pod[]): number {
  const names = new Set(validators.map(({ metadata }) => metadata.name));
  const images = new Set(validators.flatMap(repositoriesOf));
  const others = all.filter(({ metadata }) => !names.has(metadata.name));
  const runs = (pod: Pod) => repositoriesOf(pod).some((image) => images.has(image));
  return others.filter((pod) => isReady(pod) && runs(pod)).length;
}

function repositoriesOf({ spec }: Pod): string[] {
  return spec.containers.map(({ image }) => repositoryOf(image));
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") ?? false;
}
