import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, shell } from "../tools.ts";
import { build } from "./build-cache.ts";
import { gitAt } from "./git.ts";

/**
 * The folder of HEAD's bundle, built here and once more in another clone. Throws when its bytes
 * depend on where or when it is built.
 */
export async function reproducible(scratch: string): Promise<string> {
  const [first, second] = [join(scratch, "first"), join(scratch, "second")];
  await build(first);
  await buildElsewhere(join(scratch, "clone"), second);
  const files = differing(first, second);
  if (files.length > 0) {
    throw new Error(`Built twice, these files differ: ${files.join(", ")}. Nothing was tagged.`);
  }
  return first;
}

async function buildElsewhere(clone: string, folder: string): Promise<void> {
  gitAt(root)(["clone", "--quiet", "--shared", "--no-tags", root, clone]);
  const script = join(clone, "scripts", "start.mjs");
  await shell(process.execPath, [script, "build", folder], {}, clone);
}

/** The files that are in one of two folders only, or are not the same in both. */
export function differing(one: string, other: string): string[] {
  const names = new Set([one, other].flatMap((folder) => readdirSync(folder)));
  return [...names].filter((name) => !same(join(one, name), join(other, name)));
}

function same(one: string, other: string): boolean {
  try {
    return readFileSync(one).equals(readFileSync(other));
  } catch {
    return false;
  }
}
