import { type Report, table } from "@playbook/action";
import {
  type Consequence,
  consequencesOf,
  type Loss,
  lossText,
  type Manifest,
  timeText,
} from "@playbook/backup";
import type { Inputs, Prepared } from "./prepare.ts";

export type Told = { loss: Loss; height: number; took: number; inputs: Inputs };

/** What a restore came to, for the steps after it and for a person. */
export function reportOf({ backup, old }: Prepared, { loss, height, took, inputs }: Told): Report {
  const { manifest } = backup;
  const { block, chain } = manifest;
  const consequences = consequencesOf(loss, { ...chain, block });
  const fence = old
    ? `The old validators in ${old.name} are shut, and were seen gone.`
    : `The old validators are taken for gone: ${inputs.fencedBecause}`;
  const summary = [
    `## Restored: ${backup.id}`,
    backupTable(manifest),
    `The chain goes on; it is at block ${height}. It took ${timeText(took)}.`,
    `Lost: ${lossText(loss)}.`,
    fence,
    "The nodes whose volumes were not restored follow the chain by themselves.",
    ...consequences.map(consequenceText),
  ];
  return {
    outputs: {
      ...{ backup: backup.id, height, took: Math.round(took / 1_000), consequences },
      "lost-blocks": loss.known ? loss.blocks : "unknown",
    },
    summary: `${summary.join("\n\n")}\n`,
  };
}

export function backupTable({ begunAt, block, chain, source, bytes, parts }: Manifest): string {
  return table(
    ["", ""],
    [
      ["made", begunAt],
      ["block", `${block.height}, \`${block.hash}\``],
      ["chain", `${chain.id}, genesis \`${chain.genesisHash}\``],
      ["of", `${source.pod} in ${source.cluster}, namespace ${source.namespace}`],
      ["image", `\`${source.image}\``],
      ["size", `${bytes} bytes in ${parts.length} parts`],
    ],
  );
}

/** A consequence with its commands, folded. */
export function consequenceText({ consumer, when, why, commands }: Consequence): string {
  return [
    `### ${consumer}: ${when} the hand-over`,
    why,
    ["```sh", ...commands, "```"].join("\n"),
  ].join("\n\n");
}
