import { type ChainSpec, genesisDifferences } from "@playbook/axon";
import { error, type Finding } from "../finding.ts";
import { type Manifest, nameOf } from "../manifest.ts";
import { contentsOf } from "../pods/mounts.ts";

export type Text = { at: string; text: string; isSecret?: boolean };

/** All files that ConfigMaps and Secrets have. */
export function textsIn(objects: readonly Manifest[]): Text[] {
  return objects
    .filter(({ kind }) => /^(?:ConfigMap|Secret)$/.test(kind))
    .flatMap((object) =>
      [...contentsOf(object)].map(([file, content]) => ({
        at: `${nameOf(object)}, ${file}`,
        text: content.toString(),
        isSecret: object.kind === "Secret",
      })),
    );
}

/**
 * Whether the chain spec is still the one that the chain began with. Nodes that have data never
 * read it again, and one without makes a genesis block of it, which no other node has.
 */
export function checkGenesis(
  rendered: { at: string; spec: ChainSpec },
  live: { at: string; spec: ChainSpec },
): Finding[] {
  const paths = genesisDifferences(rendered.spec, live.spec);
  if (paths.length === 0) return [];
  const why =
    `The chain began with another ${paths.join(", ")} (${live.at}). What the nodes have stays as ` +
    "it is, and each that starts without data begins another chain.";
  const next =
    "Render what the chain began with: it is in that ConfigMap, and `chain.spec` takes it whole. " +
    "Who validates is changed by change-axon-validators, and one that came later has `genesis: " +
    "false`; another chain is another release, in a namespace of its own.";
  return [error("genesis-changed", rendered.at, why, next)];
}
