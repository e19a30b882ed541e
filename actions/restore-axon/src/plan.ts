import type { Context, Report } from "@playbook/action";
import { consequencesOf, isAccepted, lossOf, lossText } from "@playbook/backup";
import { type Inputs, prepare } from "./prepare.ts";
import { backupTable, consequenceText } from "./summary.ts";

/** What a restore would take, lose and shut; nothing is changed. */
export async function plan(inputs: Inputs, context: Context): Promise<Report> {
  const { backup, old } = await prepare(inputs, context);
  const { manifest } = backup;
  const { block, chain } = manifest;
  const loss = lossOf(block, old ? await old.head() : null);
  const scene = old ? await old.scene() : null;
  const consequences = consequencesOf(loss, { ...chain, block });
  const accepted = isAccepted(loss, block, inputs.acceptLoss);
  const shut = scene?.sets.map(({ metadata }) => metadata.name) ?? [];
  const summary = [
    `## Restore of ${backup.id}`,
    backupTable(manifest),
    `Lost: ${lossText(loss)}.`,
    accepted ? "" : `**It needs \`accept-loss: ${block.height}\`.**`,
    old ? `Shut first, in ${old.name}: ${shut.join(", ")}.` : "The old chain is not named.",
    ...consequences.map(consequenceText),
  ];
  return {
    outputs: {
      ...{ backup: backup.id, height: block.height, consequences },
      "lost-blocks": loss.known ? loss.blocks : "unknown",
      "can-apply": accepted && (old !== null || inputs.fencedBecause !== undefined),
    },
    summary: `${summary.filter(Boolean).join("\n\n")}\n`,
  };
}
