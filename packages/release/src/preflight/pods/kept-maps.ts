import { type Manifest, statefulSets } from "../manifest.ts";
import { mapsOf } from "./mounts.ts";

/**
 * ConfigMaps that are there, that the chart does not render, and that the pods of its sets have.
 */
export function keptMaps(maps: readonly Manifest[], manifests: readonly Manifest[]): Manifest[] {
  const used = new Set(statefulSets(manifests).flatMap(({ spec }) => mapsOf(spec.template.spec)));
  const rendered = manifests.filter(({ kind }) => kind === "ConfigMap");
  const names = new Set(rendered.map(({ metadata }) => metadata.name));
  return maps
    .filter(({ metadata: { name } }) => used.has(name) && !names.has(name))
    .map((object) => ({ ...object, kind: "ConfigMap" }));
}
