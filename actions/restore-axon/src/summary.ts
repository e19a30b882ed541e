import { count, type Report, table } from "@playbook/action";
import {
  type Consequence,
  consequencesOf,
  type Loss,
  lossText,
  type Manifest,
  sizeText,
  timeText,
  type Whole,
} from "@playbook/backup";
import { GENESIS } from "./claim.ts";
import type { Inputs, Prepared } from "./prepare.ts";

export type Told = {
  loss: Loss;
  height: number;
  took: number;
  inputs: Inputs;
  relayers: { paused: string[]; resumed: string[] };
};

/** What a restore came to, for the steps after it and for a person. */
export function reportOf(
  { backup, base, old }: Prepared,
  { loss, height, took, inputs, relayers }: Told,
): Report {
  const paused = relayers.paused.filter((name) => !relayers.resumed.includes(name));
  const { manifest } = backup;
  const { block, chain } = manifest;
  const consequences = consequencesOf(loss, { ...chain, block });
  const fence = old
    ? `The old validators in ${old.name} are shut, and were seen gone.`
    : `The old validators are taken for gone: ${inputs.fencedBecause}`;
  const summary = [
    `## Restored: ${backup.id}`,
    `The chain goes on; it is at block ${height}. It took ${timeText(took)}.`,
    `Lost: ${lossText(loss)}.`,
    relayersText(paused, relayers.resumed),
    fence,
    "Nodes that serve begin where the validators did, others " +
      "with the genesis, and follow the chain.",
    backupTable(manifest),
    ...consequences.map(consequenceText),
  ];
  return {
    outputs: {
      "paused-relayers": paused,
      ...{ backup: backup.id, base: base?.id ?? GENESIS },
      ...{ height, took: Math.round(took / 1_000), consequences },
      "lost-blocks": loss.known ? loss.blocks : "unknown",
    },
    summary: `${summary.filter(Boolean).join("\n\n")}\n`,
  };
}

function relayersText(paused: readonly string[], resumed: readonly string[]): string {
  if (resumed.length > 0) return `They relay again: ${resumed.join(", ")}.`;
  if (paused.length === 0) return "";
  const next =
    "What follows for Hyperlane comes first; then run this with `resume-relayers: true`.";
  return `**Relayers stay paused: ${paused.join(", ")}.** ${next}`;
}

/** Axon asks another node for 50 blocks at once, when it hears of it every two seconds. */
const BLOCKS_PER_SECOND = 25;

/** Five or seven validators of one weight: two groups that make no blocks, and the last one. */
export const GROUPS = 3;

/** How long one group of validators takes at least to catch up, in milliseconds. */
export function catchUpMs(manifest: Manifest, base: Whole | null): number {
  return (1_000 * behind(manifest, base)) / BLOCKS_PER_SECOND;
}

/** How many blocks the validators catch up. */
function behind({ block }: Manifest, base: Whole | null): number {
  return block.height - (base?.manifest.block.height ?? 0);
}

/** With what the validators begin, and how long it takes them to catch up. */
export function baseText(manifest: Manifest, base: Whole | null): string {
  const begin = base
    ? `begin with ${base.id}`
    : "**begin with the genesis**, without an older backup,";
  const least = timeText(catchUpMs(manifest, base));
  return (
    `The validators ${begin} and catch up ${behind(manifest, base)} blocks from ` +
    `the node that has the backup, in ${GROUPS} groups: at the 50 blocks in two ` +
    `seconds that Axon asks for, ${least} each.`
  );
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
      ["size", `${sizeText(bytes)} in ${count(parts.length, "part")}`],
    ],
  );
}

/** A consequence with its commands. */
export function consequenceText({ consumer, when, why, commands }: Consequence): string {
  return [
    `### ${consumer}: ${when} the hand-over`,
    why,
    ["```sh", ...commands, "```"].join("\n"),
  ].join("\n\n");
}
