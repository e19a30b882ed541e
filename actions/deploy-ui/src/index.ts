import { readFileSync } from "node:fs";
import { parseInputs, start } from "@playbook/action";
import { committedAt } from "./commit.ts";
import { schema } from "./inputs.ts";
import { run } from "./run.ts";

const parse = parseInputs(schema);
const { GITHUB_RUN_ID: id, GITHUB_RUN_ATTEMPT: attempt = "1", GITHUB_SHA: sha } = process.env;
const { GITHUB_EVENT_PATH: event } = process.env;

await start(run, () => ({
  ...parse(),
  commit: sha ?? null,
  committed: event ? committedAt(readFileSync(event, "utf8"), sha) : undefined,
  run: id ? `run ${id}, attempt ${attempt}` : "a terminal",
  by: id ? `run ${id}` : null,
}));
