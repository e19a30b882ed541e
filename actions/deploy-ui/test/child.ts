import { fileURLToPath } from "node:url";
import { type Process, startProcess } from "@playbook/world";
import { type Given, type Studio, variables } from "./studio.ts";

const source = fileURLToPath(new URL("../src/index.ts", import.meta.url));

/** A step of a job in a process of its own, as GitHub's runner starts it. */
export function launch(
  { world, aws }: Studio,
  given: Given,
  over: Record<string, string> = {},
): Promise<Process> {
  const { PATH = "", HOME = "", ACTIONS_ID_TOKEN_REQUEST_URL = "" } = process.env;
  const { ACTIONS_ID_TOKEN_REQUEST_TOKEN = "" } = process.env;
  const pairs = Object.entries(variables(given)).map(([name, value]) => `${name}=${value}`);
  return startProcess({
    name: "deploy-ui",
    // A shell stands before it, which would lose the inputs: their names are none to it.
    command: "env",
    args: [...pairs, process.execPath, "--disable-warning=ExperimentalWarning", source],
    cwd: world.dir,
    env: {
      PATH,
      HOME,
      NODE_COMPILE_CACHE: `${world.dir}/compiled`,
      GITHUB_ACTIONS: "true",
      AWS_ENDPOINT_URL: aws.url,
      ACTIONS_ID_TOKEN_REQUEST_URL,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN,
      ...over,
    },
  });
}
