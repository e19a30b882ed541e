import { parseInputs, start } from "@playbook/action";
import { schema } from "./inputs.ts";
import { run } from "./run.ts";

/** Which run of which workflow it is, for whoever reads what it stored. */
function runOf({ GITHUB_RUN_ID: id, GITHUB_RUN_ATTEMPT: attempt = "1" }: NodeJS.ProcessEnv) {
  return id ? `run ${id}, attempt ${attempt}` : "a terminal";
}

const parse = parseInputs(schema);

await start(run, () => ({
  ...parse(),
  repository: process.env.GITHUB_REPOSITORY ?? "local/project",
  run: runOf(process.env),
}));
