import { parseInputs, start } from "@playbook/action";
import { schema } from "./inputs.ts";
import { run } from "./run.ts";

const parse = parseInputs(schema);

await start(run, () => ({
  ...parse(),
  repository: process.env.GITHUB_REPOSITORY ?? "local/project",
  server: process.env.GITHUB_SERVER_URL ?? "https://github.com",
  turn: {
    run: Number(process.env.GITHUB_RUN_ID ?? 0),
    attempt: Number(process.env.GITHUB_RUN_ATTEMPT ?? 1),
  },
}));
