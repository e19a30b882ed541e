import { readFileSync } from "node:fs";
import { contextForTests } from "@playbook/action/testing";
import { pay } from "./pay.ts";

/** Pays agents by what is in a file, as a process of its own that can be killed. */
const { unpaid } = await pay(
  JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")),
  contextForTests(),
);
for (const { chain, error } of unpaid) console.log(`${chain}: ${error.code}: ${error.why}`);
process.exit(unpaid.length);
