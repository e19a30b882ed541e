import { jobOf, orderOfTurn, parseInputs, start } from "@playbook/action";
import { schema } from "./inputs.ts";
import { run } from "./run.ts";

const parse = parseInputs(schema);
const { repository, server, turn } = jobOf();

await start(run, () => ({ ...parse(), repository, server, order: orderOfTurn(turn) }));
