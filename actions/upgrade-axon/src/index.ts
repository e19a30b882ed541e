import { parseInputs, start } from "@playbook/action";
import { schema } from "./inputs.ts";
import { run } from "./run.ts";

const parse = parseInputs(schema);
const { GITHUB_RUN_ID: id, GITHUB_RUN_ATTEMPT: attempt = "1" } = process.env;

const inputs = () => ({
  ...parse(),
  env: process.env,
  run: id ? `run ${id}, attempt ${attempt}` : "a terminal",
});

await start(run, inputs, { keepsDeadline: true });
