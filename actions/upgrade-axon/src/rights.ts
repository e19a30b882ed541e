import type { Rights } from "@playbook/release";
import { statements } from "./access.ts";

/** As access.yml has it. */
export const rights: Rights = { system: "upgrade", statements };
