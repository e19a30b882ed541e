import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../tools.ts";

/** Between these lines of a template stands the code, at their indentation. */
const GENERATED = /^( *)\/\/ Generated code: start\.\n[\s\S]*\/\/ Generated code: end\.$/m;

/** Where the code of the edge is, which the actions themselves share. */
const SOURCES = "packages/site/src/edge";

/**
 * An action's template with the code of the edge's function in its place, if it has such a place.
 */
export function edgeTemplate(folder: string): string | undefined {
  const path = join(root, folder, "template.yml");
  const template = existsSync(path) ? readFileSync(path, "utf8") : "";
  if (!GENERATED.test(template)) return undefined;
  const code = edgeFunction();
  return template.replace(GENERATED, (_, indent: string) =>
    `// Generated code: start.\n${code}// Generated code: end.`.replace(/^(?=.)/gm, indent),
  );
}

/** One script without exports and comments, in which `cloudfront` is the only import. */
function edgeFunction(): string {
  const source = (name: string) =>
    readFileSync(join(root, SOURCES, name), "utf8")
      .replace(/^\/\*[\s\S]*?\*\/\n|^ *\/\/.*\n/gm, "")
      .replace(/^import .* from "\.\/.*\n/gm, "")
      .replace(/^export /gm, "")
      .replace(/\n{3,}/g, "\n\n")
      .trim();
  const [cloudfront = "", ...handler] = source("handler.js").split("\n");
  const parts = [cloudfront, source("host.js"), source("route.js"), handler.join("\n").trim()];
  return `${parts.join("\n\n")}\n`;
}
