import { count, type Report, table } from "@playbook/action";
import { type Fate, type Manifest, placeOf, sizeText, timeText } from "@playbook/backup";

export type Told = { fates: Fate[]; took: number; location: string };

/** What a backup came to, for the steps after it and for a person. */
export function reportOf(manifest: Manifest, { fates, took, location }: Told): Report {
  const { id, block, chain, source, parts, bytes, unpacked, downMs } = manifest;
  const place = `${location}/${placeOf(id).manifest}`;
  const rows = [
    ["block", `${block.height}, \`${block.hash}\``],
    ["state root", `\`${block.stateRoot}\``],
    ["chain", `${chain.id}, genesis \`${chain.genesisHash}\``],
    ["image", `\`${source.image}\``],
    [
      "size",
      `${sizeText(bytes)} in ${count(parts.length, "part")}, ${sizeText(unpacked)} unpacked`,
    ],
    ["node down", timeText(downMs)],
    ["snapshot", manifest.snapshot?.name ?? "none"],
    ["manifest", `\`${place}\``],
  ];
  const deleted = fates.filter(({ does }) => does === "delete").map(({ id: gone }) => gone);
  return {
    outputs: {
      ...{ backup: id, manifest: place, height: block.height, "block-hash": block.hash },
      ...{ bytes, took: Math.round(took / 1_000), down: Math.round(downMs / 1_000), deleted },
    },
    summary: `## Backed up: ${id}\n\n${table(["", ""], rows)}\n\n${fateTable(fates)}\n`,
  };
}

export function fateTable(fates: readonly Fate[]): string {
  const rows = fates.map(({ id, does, why }) => [id, does === "keep" ? "kept" : "deleted", why]);
  return table(["backup", "is", "because"], rows);
}
