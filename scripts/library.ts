import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Access, access } from "@playbook/access/format";
import { parseDocument } from "yaml";
import { z } from "zod";
import { root } from "./tools.ts";

const input = z.object({
  description: z.string(),
  required: z.boolean().default(false),
  default: z.union([z.string(), z.boolean(), z.number()]).optional(),
  type: z.enum(["string", "boolean", "number"]).optional(),
});

const output = z.object({ description: z.string(), value: z.string().optional() });

const step = z.looseObject({
  id: z.string().optional(),
  name: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  if: z.union([z.string(), z.boolean()]).optional(),
  with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  env: z.record(z.string(), z.unknown()).default({}),
});

const actionFile = z.object({
  name: z.string(),
  description: z.string(),
  inputs: z.record(z.string(), input).default({}),
  outputs: z.record(z.string(), output).default({}),
  runs: z.object({
    using: z.string(),
    main: z.string().optional(),
    /** Of a composite action. */
    steps: z.array(step).default([]),
  }),
});

/** Permissions as workflow files write them: `contents: read`. */
export type Permissions = Record<string, string>;

const permissions = z
  .union([z.record(z.string(), z.string()), z.literal(["read-all", "write-all"])])
  .optional();

const secret = z.object({ description: z.string(), required: z.boolean().default(false) });

const concurrency = z.union([
  z.string(),
  z.object({
    group: z.string(),
    queue: z.string().optional(),
    "cancel-in-progress": z.union([z.boolean(), z.string()]).optional(),
  }),
]);

const job = z.looseObject({
  name: z.string().optional(),
  uses: z.string().optional(),
  with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  secrets: z.union([z.literal("inherit"), z.record(z.string(), z.string())]).default({}),
  needs: z.union([z.string().transform((name) => [name]), z.array(z.string())]).default([]),
  if: z.union([z.string(), z.boolean()]).optional(),
  permissions,
  environment: z.unknown().optional(),
  concurrency: concurrency.optional(),
  "timeout-minutes": z.union([z.number(), z.string()]).optional(),
  outputs: z.record(z.string(), z.string()).default({}),
  env: z.record(z.string(), z.unknown()).default({}),
  steps: z.array(step).default([]),
});

const call = z.object({
  inputs: z.record(z.string(), input).default({}),
  secrets: z.record(z.string(), secret).default({}),
  outputs: z.record(z.string(), output).default({}),
});

const workflowFile = z.looseObject({
  name: z.string(),
  on: z.preprocess(
    (on) => (typeof on === "string" ? { [on]: null } : on),
    z.looseObject({ workflow_call: call.nullish() }),
  ),
  permissions,
  concurrency: concurrency.optional(),
  env: z.record(z.string(), z.unknown()).default({}),
  jobs: z.record(z.string(), job),
});

export type Input = z.output<typeof input>;
export type ActionFile = z.output<typeof actionFile>;
export type WorkflowFile = z.output<typeof workflowFile>;
export type Job = z.output<typeof job>;
export type Step = z.output<typeof step>;

export type Action = { name: string; folder: string; file: ActionFile; access: Access };
export type Workflow = {
  name: string;
  path: string;
  text: string;
  file: WorkflowFile;
  /** The README beside it. */
  readme: string;
};

/**
 * The actions of a clone, each with its access.yml. Throws with the file's path when one is wrong.
 */
export function readActions(clone = root): Action[] {
  const names = folders(join(clone, "actions"));
  const isAction = (name: string) => existsSync(join(clone, "actions", name, "action.yml"));
  return names.filter(isAction).map((name) => {
    const folder = join("actions", name);
    const read = <T>(file: string, schema: z.ZodType<T>) =>
      readYaml(join(clone, folder, file), schema, clone);
    return {
      name,
      folder,
      file: read("action.yml", actionFile),
      access: read("access.yml", access),
    };
  });
}

/** The reusable workflows of a clone, from `workflows/<name>/workflow.yml`. */
export function readWorkflows(clone = root): Workflow[] {
  return folders(join(clone, "workflows")).map((name) => {
    const folder = join("workflows", name);
    const path = join(folder, "workflow.yml");
    const text = readFileSync(join(clone, path), "utf8");
    const readme = readFileSync(join(clone, folder, "README.md"), "utf8");
    return { name, path, text, file: parseWorkflow(text, path), readme };
  });
}

/** Parses a workflow's text; `origin` is what an error calls it. */
export function parseWorkflow(text: string, origin: string): WorkflowFile {
  return check(text, workflowFile, origin);
}

function readYaml<T>(path: string, schema: z.ZodType<T>, clone: string): T {
  const name = relative(clone, path);
  if (!existsSync(path)) throw new Error(`${name} is missing.`);
  return check(readFileSync(path, "utf8"), schema, name);
}

function check<T>(text: string, schema: z.ZodType<T>, origin: string): T {
  const document = parseDocument(text);
  const [flaw] = document.errors;
  if (flaw) throw new Error(`${origin}: ${flaw.message}`);
  const parsed = schema.safeParse(document.toJS());
  if (!parsed.success) throw new Error(`${origin}:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function folders(path: string): string[] {
  if (!existsSync(path)) return [];
  const entries = readdirSync(path, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && readdirSync(join(path, entry.name)).length > 0)
    .map((entry) => entry.name)
    .sort();
}
