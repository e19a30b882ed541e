import { isChainSpec } from "@playbook/axon";
import type { Keeper } from "@playbook/kube";

type Files = Pick<Keeper, "data"> & { metadata: { name: string } };

export type Found = { spec: string } | { lack: string };

/**
 * The one chain spec in a pod's ConfigMaps, by what it is: charts call it as they like. Without it,
 * or of several that differ, why there is none to tell.
 */
export function specIn(maps: readonly Files[]): Found {
  const files = maps.flatMap(({ metadata: { name }, data = {} }) =>
    Object.entries(data).map(([file, text]) => ({ at: `ConfigMap ${name}, ${file}`, text })),
  );
  const specs = files.filter(({ text }) => isChainSpec(text));
  const [spec, other] = new Set(specs.map(({ text }) => text));
  if (spec === undefined) return { lack: "no file of its ConfigMaps reads as one" };
  if (other === undefined) return { spec };
  return { lack: `${specs.map(({ at }) => at).join(" and ")} are not the same` };
}
