import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MANIFEST, manifestOf } from "@playbook/subgraph";
import { dump } from "js-yaml";

/**
 * Makes another subgraph of a build: a node knows one by the hash of its manifest, and indexes the
 * same one only once.
 */
export async function setEdition(build: string, edition: string): Promise<void> {
  const path = join(build, MANIFEST);
  const manifest = manifestOf(await readFile(path, "utf8")) as { description?: string };
  const description = [manifest.description, `(edition ${edition})`].filter(Boolean).join(" ");
  await writeFile(path, dump({ ...manifest, description }));
}
