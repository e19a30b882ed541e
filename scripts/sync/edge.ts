import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../tools.ts";

/** Between these lines of a template stands the code, at their indentation. */
const GENERATED = /^( *)\/\/ Generated code: start\.\n[\s\S]*\/\/ Generated code: end\.$/m;

/** An action's template with the code of its edge function, `src/edge`, in its place. */
export function edgeTemplate(folder: string): string | undefined {
  if (!existsSync(join(root, folder, "src", "edge"))) return undefined;
  const code = edgeFunction(folder);
  return readFileSync(join(root, folder, "template.yml"), "utf8").replace(
    GENERATED,
    (_, indent: string) =>
      `// Generated code: start.\n${code}// Generated code: end.`.replace(/^(?=.)/gm, indent),
  );
}

/** One script without exports and comments, in which `cloudfront` is the only import. */
function edgeFunction(folder: string): string {
  const source = (name: string) =>
    readFileSync(join(root, folder, "src", "edge", name), "utf8")
      .replace(/^\/\*[\s\S]*?\*\/\n|^ *\/\/.*\n/gm, "")
      .replace(/^import .* from "\.\/.*\n/gm, "")
      .replace(/^export /gm, "")
      .replace(/\n{3,}/g, "\n\n")
      .trim();
  const [cloudfront = "", ...handler] = source("handler.js").split("\n");
  return `${[cloudfront, source("route.js"), handler.join("\n").trim()].join("\n\n")}\n`;
}
