import { parseInputs, start } from "@playbook/action";
import { schema } from "./inputs.ts";
import { run } from "./run.ts";

const parse = parseInputs(schema);

await start(run, () => ({
  ...parse(),
  repository: process.env.GITHUB_REPOSITORY ?? "local/project",
  commit: process.env.GITHUB_SHA ?? null,
}));
