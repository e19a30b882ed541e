import type { Context, Report } from "@playbook/action";
import { consequencesOf, isAccepted, lossOf, lossText } from "@playbook/backup";
import { GENESIS } from "./claim.ts";
import { checkGenesis } from "./genesis.ts";
import { type Inputs, type Prepared, prepare } from "./prepare.ts";
import { checkReady, newcomersText } from "./ready.ts";
import { Relayers } from "./relayers.ts";
import { backupTable, baseText, consequenceText } from "./summary.ts";

const UNFENCED =
  "**It needs the old chain (`old-cluster`, `old-namespace`), or the reason why nothing " +
  "signs there any more (`fenced-because`).**";

/** What a restore would take, lose and shut; nothing is changed. */
export async function plan(inputs: Inputs, context: Context): Promise<Report> {
  await using stack = new AsyncDisposableStack();
  const prepared = await prepare(inputs, stack, context);
  const sets = await checkReady(prepared, inputs, context);
  await checkGenesis(prepared, context);
  const { backup, base, old } = prepared;
  const { manifest } = backup;
  const { block, chain } = manifest;
  const loss = lossOf(block, old ? await old.head(manifest) : null);
  const scene = old ? await old.scene() : null;
  const consequences = consequencesOf(loss, { ...chain, block });
  const accepted = isAccepted(loss, block, inputs.acceptLoss);
  const shut = scene?.sets.map(({ metadata }) => metadata.name) ?? [];
  const relayers = consequences.length > 0 ? await relayersOf(prepared, inputs, context) : [];
  const summary = [
    `## Restore of ${backup.id}`,
    accepted ? "" : `**It needs \`accept-loss: ${block.height}\`.**`,
    old || inputs.fencedBecause !== undefined ? "" : UNFENCED,
    `Lost: ${lossText(loss)}.`,
    old ? `Shut first, in ${old.name}: ${shut.join(", ")}.` : "The old chain is not named.",
    relayers.length > 0 ? `Paused before that: ${relayers.join(", ")}.` : "",
    backupTable(manifest),
    baseText(manifest, base),
    newcomersText(sets ?? []),
    ...consequences.map(consequenceText),
  ];
  return {
    outputs: {
      ...{ backup: backup.id, base: base?.id ?? GENESIS, height: block.height, consequences },
      "lost-blocks": loss.known ? loss.blocks : "unknown",
      "can-apply": accepted && (old !== null || inputs.fencedBecause !== undefined),
    },
    summary: `${summary.filter(Boolean).join("\n\n")}\n`,
  };
}

/** What a restore would pause; a plan need not know where they are. */
async function relayersOf({ kube, old }: Prepared, { relayers }: Inputs, context: Context) {
  if (relayers === undefined) return [];
  return new Relayers([kube, ...(old ? [old.kube] : [])], relayers, context).names();
}
