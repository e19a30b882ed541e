import { type Report, table } from "@playbook/action";
import { type ValidatorSet, weightOf } from "@playbook/bft";
import { foundersIn } from "./preflight/chain/founders.ts";
import type { Finding } from "./preflight/finding.ts";
import { placesOf } from "./preflight/judge.ts";
import { type Manifest, type StatefulSet, statefulSets } from "./preflight/manifest.ts";
import { type Prepared, viewOf } from "./prepare.ts";
import { enduranceTable, nothingToMend, toMendFirst } from "./report.ts";

/**
 * Of a chain that is there; of one that is to begin, whose pods count where nobody says who begins
 * it.
 */
function enduranceOfPlan(
  voters: ValidatorSet | undefined,
  { scene, manifests, sets }: Prepared,
): string {
  const counted = voters ?? (scene.sets.length > 0 ? [] : beginningWith(manifests, sets));
  return counted.length > 0 ? enduranceTable(counted) : "";
}

export function beginningWith(
  manifests: readonly Manifest[],
  sets: readonly StatefulSet[],
): ValidatorSet {
  const founders = foundersIn(manifests);
  return founders.length > 0 ? founders : placesOf(sets);
}

/** What is in the way of changing a release, and where its validators are. */
export async function planOf(
  title: string,
  release: string,
  prepared: Prepared,
  findings: readonly Finding[],
): Promise<Report> {
  const { version, scene, manifests, sets } = prepared;
  const errors = findings.filter(({ level }) => level === "error");
  const isUnknown = errors.some(({ code }) => code === "data-unknown");
  const view = scene.sets.length > 0 ? await viewOf(prepared) : undefined;
  const rows = sets.map(({ metadata }) => {
    const post = scene.posts.find(({ place }) => place.set.metadata.name === metadata.name);
    const node = view?.nodes.get(post?.id ?? "");
    const weight = view && post ? weightOf(view.set, new Set([post.id])) : "";
    return [metadata.name, post ? "there" : "new", weight, node?.height ?? ""];
  });
  const summary = [
    `## ${title} of ${release}: ${version.from ?? "nothing yet"} → ${version.to}`,
    toMendFirst(findings),
    table(["set", "is", "weight", "block"], rows),
    enduranceOfPlan(view?.set, prepared),
    `Data: ${isUnknown ? "unknown" : version.fit}. ` +
      `${statefulSets(manifests).length} sets in all are rendered.`,
    nothingToMend(findings),
  ];
  return {
    outputs: { findings, version: version.to, "can-apply": errors.length === 0 },
    summary: `${summary.filter(Boolean).join("\n\n")}\n`,
  };
}
