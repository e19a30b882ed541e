import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../tools.ts";

/** A generated file as the formatter wants it, which goes by its ending. */
export function formatted(source: string, ending: "ts" | "yml"): string {
  const biome = join(root, "node_modules", ".bin", "biome");
  return execFileSync(biome, ["format", `--stdin-file-path=generated.${ending}`], {
    cwd: root,
    input: source,
    encoding: "utf8",
  });
}
