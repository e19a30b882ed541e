import { jobOf, parseInputs, start } from "@playbook/action";
import { schema } from "./inputs.ts";
import { run } from "./run.ts";

const parse = parseInputs(schema);
const { repository, server, turn } = jobOf();

await start(run, () => ({ ...parse(), repository, server, ownRun: turn.run }));
