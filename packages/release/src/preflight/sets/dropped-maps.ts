import { isKept, KEPT } from "../../leftovers.ts";
import { type Finding, warning } from "../finding.ts";
import { type Manifest, nameOf, type StatefulSet } from "../manifest.ts";
import { mapsOf } from "../pods/mounts.ts";

/**
 * ConfigMaps that pods have which are held for now, and that Helm deletes with its upgrade: those of
 * the revision before that are rendered no more, as where a name has a hash in it.
 */
export function checkDroppedMaps(
  rendered: readonly Manifest[],
  { current, maps, live }: DroppedMaps,
): Finding[] {
  const isMap = ({ kind }: Manifest) => kind === "ConfigMap";
  const namesIn = (manifests: readonly Manifest[]) =>
    new Set(manifests.filter(isMap).map(({ metadata }) => metadata.name));
  const [next, last] = [namesIn(rendered), namesIn(current)];
  const used = new Set(live.flatMap(({ spec }) => mapsOf(spec.template.spec)));
  return maps
    .filter(({ metadata: { name } }) => used.has(name) && last.has(name) && !next.has(name))
    .filter((map) => !isKept(map))
    .map((map) => {
      const { name } = map.metadata;
      const why =
        "Helm deletes it at once, as it is rendered no more, while pods that are held have it: one " +
        "that dies before its turn does not start again.";
      const next =
        `\`kubectl annotate configmap ${name} ${KEPT}=keep\` keeps this one; have the chart ` +
        "give its ConfigMaps that annotation, or names that stay.";
      return warning("config-deleted", nameOf({ ...map, kind: "ConfigMap" }), why, next);
    });
}

/** What is there: the revision before, the ConfigMaps, and the sets that the pods are of. */
type DroppedMaps = {
  current: readonly Manifest[];
  maps: readonly Manifest[];
  live: readonly StatefulSet[];
};
