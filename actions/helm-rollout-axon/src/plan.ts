import { type Context, type Report, table } from "@playbook/action";
import { weightOf } from "@playbook/bft";
import { statefulSets } from "./preflight/manifest.ts";
import { findingsOf, type Inputs, prepare } from "./prepare.ts";
import { enduranceText, findingTable } from "./summary.ts";

/** What a rollout would do and what is in its way; nothing is changed. */
export async function plan(inputs: Inputs, context: Context): Promise<Report> {
  await using stack = new AsyncDisposableStack();
  const prepared = await prepare(inputs, context, stack);
  const findings = await findingsOf(prepared, inputs);
  const { version, scene, observer, manifests } = prepared;
  const errors = findings.filter(({ level }) => level === "error");
  const view = scene.sets.length > 0 ? (await observer.look()).view : undefined;
  const rows = prepared.sets.map(({ metadata }) => {
    const post = scene.posts.find(({ place }) => place.set.metadata.name === metadata.name);
    const node = view?.nodes.get(post?.id ?? "");
    const weight = view && post ? weightOf(view.set, new Set([post.id])) : "";
    return [metadata.name, post ? "there" : "new", weight, node?.height ?? ""];
  });
  const summary = [
    `## Rollout of ${inputs.release}: ${version.from ?? "nothing yet"} → ${version.to}`,
    errors.length > 0 ? `**${errors.length} findings have to be mended first.**` : "",
    table(["set", "is", "weight", "block"], rows),
    view ? enduranceText(view.set) : "",
    `Data: ${version.fit}. ${statefulSets(manifests).length} sets in all are rendered.`,
    findings.length > 0 ? findingTable(findings) : "Nothing is in the way.",
  ];
  return {
    outputs: { findings, version: version.to, "can-apply": errors.length === 0 },
    summary: `${summary.filter(Boolean).join("\n\n")}\n`,
  };
}
