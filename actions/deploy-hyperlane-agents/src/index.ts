import { jobOf, parseInputs, start } from "@playbook/action";
import { schema } from "./inputs.ts";
import { run } from "./run.ts";

const parse = parseInputs(schema);

await start(run, () => ({ ...parse(), ...jobOf(), env: process.env }));
