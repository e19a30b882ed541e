import type { Workflow } from "../library.ts";

/** GitHub calls reusable workflows from `.github/workflows/` only. */
export function workflowCopy({ path, text }: Workflow): string {
  return `# Generated from ${path} by \`npm run sync\`: do not edit.\n${text}`;
}
