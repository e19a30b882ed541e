import { fileURLToPath } from "node:url";
import { variable } from "@playbook/action";
import { type Process, startProcess } from "@playbook/world";

const source = fileURLToPath(new URL("../../../src/index.ts", import.meta.url));

/** Inputs by their names in action.yml. */
export type Given = Record<string, string>;

/** A step of a job in a process of its own, as GitHub's runner starts it. */
export function launch(given: Given, cwd: string, env: Record<string, string>): Promise<Process> {
  const { PATH = "", HOME = "" } = process.env;
  const pairs = Object.entries(given).map(([name, value]) => `${variable(name)}=${value}`);
  return startProcess({
    name: "deploy-subgraph",
    // A shell stands before it, which would lose the inputs: their names are none to it.
    command: "env",
    args: [...pairs, process.execPath, "--disable-warning=ExperimentalWarning", source],
    cwd,
    env: {
      ...{ PATH, HOME, NODE_COMPILE_CACHE: `${cwd}/compiled`, GITHUB_ACTIONS: "true" },
      ...{ GITHUB_REPOSITORY: "acme/nexus" },
      ...env,
    },
  });
}
