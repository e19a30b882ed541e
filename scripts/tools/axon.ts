import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The crate of the world's validators. */
export const axonSources = fileURLToPath(new URL("../../test/world/axon", import.meta.url));

const BUILT_FROM = ["Cargo.toml", "Cargo.lock", "src"];

/** The hash of all that the program is built from. */
export function axonVersion(): string {
  const hash = createHash("sha256");
  for (const path of BUILT_FROM.flatMap(filesBelow).sort()) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(axonSources, path)))
      .update("\0");
  }
  return hash.digest("hex").slice(0, 12);
}

function filesBelow(path: string): string[] {
  if (path.includes(".")) return [path];
  return readdirSync(join(axonSources, path)).flatMap((name) => filesBelow(`${path}/${name}`));
}

/** Builds the program into `home`; cargo holds what it fetches to Cargo.lock. */
export async function buildAxon(home: string): Promise<void> {
  const target = join(home, "target");
  const flags = ["--release", "--locked", "--quiet", "--target-dir", target];
  await run("cargo", ["build", ...flags], { cwd: axonSources });
  await mkdir(join(home, "bin"));
  await copyFile(join(target, "release", "axon"), join(home, "bin", "axon"));
  await rm(target, { recursive: true });
}
