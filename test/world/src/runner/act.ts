import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { tool } from "../../../../scripts/tools.ts";
import { type Process, startProcess } from "../process.ts";
import { machineEnvironment } from "./machine.ts";
import type { Prepared } from "./run.ts";

/** A token that the runner asks for and that is nobody's: each job has one of its own. */
const NO_TOKEN = "ghs_ofNoJobInParticular";

/** Starts `act` on the served copies, without anything of this process's environment. */
export async function startAct(
  { machine, served, event, actor, secrets, vars, variables, env, path }: Prepared,
  stdout: Writable,
): Promise<Process> {
  const file = async (name: string, content: object) => {
    const at = join(machine.hidden, name);
    await writeFile(at, JSON.stringify(content), { mode: 0o600 });
    return at;
  };
  const args = [
    ...[event.name, "--json", "--insecure-secrets", "--no-cache-server", "--pull=false"],
    ...["--directory", machine.product, "--workflows", served.workflow, "--actor", actor],
    ...["--action-cache-path", machine.work, "--platform", "ubuntu-latest=-self-hosted"],
    ...["--eventpath", await file("event.json", event.payload)],
    ...["--secret-file", await file("secrets.yml", { ...secrets, GITHUB_TOKEN: NO_TOKEN })],
    ...["--var-file", await file("vars.yml", vars)],
    ...["--env-file", await file("env.yml", variables)],
    ...["--input-file", await file("inputs.yml", {}), "--concurrent-jobs", "4"],
    ...served.repositories.flatMap((repository) => ["--local-repository", repository]),
  ];
  return startProcess({
    ...{ command: await tool("act"), args, name: "act", cwd: machine.hidden, stdout },
    env: machineEnvironment(machine, { env, path }),
  });
}
