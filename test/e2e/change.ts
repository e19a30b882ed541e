import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { commitAll } from "../products/install.ts";

/** Writes files into a product's repository and commits them. Resolves to the commit's SHA. */
export async function change(folder: string, files: Record<string, string>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    const whole = join(folder, path);
    await mkdir(dirname(whole), { recursive: true });
    await writeFile(whole, text);
  }
  return commitAll(folder, `Change ${Object.keys(files).join(", ")}`);
}

/** Of the library's own, in case an action of a product is to use artifacts. */
const github = fileURLToPath(new URL("../../packages/github/src/index.ts", import.meta.url));

/**
 * The files of a JavaScript action in a product's repository, used as `./tools/<name>`. GitHub
 * gives its channels for artifacts to such actions and to no other step. The code finds
 * `uploadArtifact` and `downloadArtifact`, and the `context` that they ask for.
 */
export function localAction(name: string, code: string): Record<string, string> {
  const imports = `import { downloadArtifact, uploadArtifact } from ${JSON.stringify(github)};`;
  const context =
    "const context = { signal: new AbortController().signal, progress: console.log };";
  return {
    [`tools/${name}/action.yml`]: `name: ${name}\nruns: { using: node24, main: main.mjs }\n`,
    [`tools/${name}/main.mjs`]: `${imports}\n${context}\n${code}`,
  };
}
