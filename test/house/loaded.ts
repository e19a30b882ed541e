import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../../scripts/tools.ts";

/** The file behind a name in an import; undefined for what is none of the library's. */
function fileOf(name: string, from: string): string | undefined {
  if (name.startsWith(".")) return join(dirname(from), name);
  const [, pack, part = "index"] = /^@playbook\/([a-z]+)(?:\/(.+))?$/.exec(name) ?? [];
  return pack && join(root, `packages/${pack}/src/${part}.ts`);
}

/** A module of the library with all that it loads. */
export function loaded(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  const imports = readFileSync(path, "utf8").matchAll(
    /^(?:import|export) (?!type )[^;]*?from "(.+?)";/gm,
  );
  for (const [, name = ""] of imports) {
    const file = fileOf(name, path);
    if (file) loaded(file, seen);
    else seen.add(name);
  }
  return seen;
}
