import type { Action } from "../library.ts";
import { formatted } from "./formatted.ts";

/**
 * The action's statements as data for its own session policy; undefined for an action that does
 * nothing in AWS.
 */
export function accessModule({ access }: Action): string | undefined {
  if (access.aws.length === 0) return undefined;

  const statements = access.aws.map(({ sid, actions, resources, conditions }) => ({
    sid,
    actions,
    resources,
    conditions,
  }));
  return formatted(
    `// Generated from access.yml by \`npm run sync\`: do not edit.
import type { Statement } from "@playbook/access";

/** What a session of this action may do, at most. Its placeholders: ${placeholders(statements)}. */
export const statements: readonly Statement[] = ${JSON.stringify(statements)};
`,
    "ts",
  );
}

function placeholders(statements: unknown): string {
  const found = JSON.stringify(statements).matchAll(/\$\{(\w+)\}/g);
  return [...new Set([...found].map(([, name]) => name))].sort().join(", ");
}
