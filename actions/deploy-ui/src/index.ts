import { readFileSync } from "node:fs";
import { jobOf, parseInputs, start } from "@playbook/action";
import { committedAt } from "./commit.ts";
import { schema } from "./inputs.ts";
import { run } from "./run.ts";

const parse = parseInputs(schema);
const { GITHUB_RUN_ID: id, GITHUB_SHA: sha, GITHUB_EVENT_PATH: event } = process.env;

await start(run, () => ({
  ...parse(),
  commit: sha ?? null,
  committed: event ? committedAt(readFileSync(event, "utf8"), sha) : undefined,
  run: jobOf().run,
  by: id ? `run ${id}` : null,
}));
