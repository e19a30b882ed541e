import { readFileSync } from "node:fs";
import { systemsOf } from "@playbook/access";
import { access } from "@playbook/access/format";
import { parse } from "yaml";

const file = new URL("../../access.yml", import.meta.url);

/** All that access.yml says of Kubernetes. */
export const rules = access.parse(parse(readFileSync(file, "utf8"))).kubernetes;

export const SYSTEM = "axon";

/** Who has which of the rules. */
export const systems = systemsOf(SYSTEM, rules);
