import { readFileSync } from "node:fs";
import { contextForTests } from "@playbook/action/testing";
import { run } from "../src/run.ts";

/** Runs the action with the inputs in a file, as a process of its own that can be killed. */
const inputs = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const { outputs, failure } = await run(
  inputs,
  contextForTests({ progress: (line) => console.log(line) }),
);
console.log(JSON.stringify({ ...outputs, ...(failure && { failure: failure.code }) }));
