import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { root } from "../tools.ts";

/** TypeScript as the formatter wants it, so that generated files pass the same checks. */
export function formatted(source: string): string {
  const biome = join(root, "node_modules", ".bin", "biome");
  return execFileSync(biome, ["format", "--stdin-file-path=generated.ts"], {
    cwd: root,
    input: source,
    encoding: "utf8",
  });
}
