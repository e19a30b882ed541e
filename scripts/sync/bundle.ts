import type { Action } from "../library.ts";
import { formatted } from "./formatted.ts";

/**
 * The one entry of the bundle: each action is a dynamic import, so that they share their chunks.
 */
export function bundleEntry(actions: Action[]): string {
  const lines = actions
    .filter(isJavaScript)
    .map(({ name }) => `  "${name}": () => import("../../actions/${name}/src/index.ts"),`);
  return formatted(
    `// Generated from the folders of actions/ by \`npm run sync\`: do not edit.
const actions: Record<string, () => Promise<unknown>> = {
${lines.join("\n")}
};

/** Runs the action of this name with the inputs in the environment. */
export async function start(name: string): Promise<void> {
  await actions[name]?.();
}
`,
    "ts",
  );
}

/** What an action's `main` points to: the bundle, told which of its actions to run. */
export function shim(action: Action): string | undefined {
  if (!isJavaScript(action)) return undefined;
  return `import { start } from "../../dist/index.js";\n\nawait start("${action.name}");\n`;
}

function isJavaScript({ file }: Action): boolean {
  return file.runs.using.startsWith("node");
}
