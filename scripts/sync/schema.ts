import { access } from "@playbook/access/format";
import { z } from "zod";

/** JSON schema of access.yml, for editors. */
export function accessSchema(): string {
  const schema = z.toJSONSchema(access, { io: "input", unrepresentable: "any" });
  return `${JSON.stringify({ title: "access.yml", ...schema }, null, 2)}\n`;
}
