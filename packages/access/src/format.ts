import { z } from "zod";

/** Placeholders that every statement may use beside the file's own parameters. */
export const SURROUNDINGS = ["partition", "region", "account"] as const;

const why = z.string().min(20).describe("What the action needs it for, for a person who decides.");

const values = z.union([z.string().transform((value) => [value]), z.array(z.string()).min(1)]);

const statement = z.strictObject({
  sid: z.string().regex(/^[A-Z][A-Za-z0-9]+$/),
  why,
  actions: z
    .array(z.string().regex(/^[a-z0-9-]+:[A-Z][A-Za-z0-9]+$/, "names one IAM action, no wildcards"))
    .min(1),
  resources: z.array(
    z
      .string()
      .startsWith("arn:")
      .or(z.templateLiteral(["${", z.string(), "}"])),
  ),
  conditions: z.record(z.string(), z.record(z.string(), values)).default({}),
});

const parameter = z.strictObject({
  description: z.string(),
  pattern: z.string().describe("Regular expression, for CloudFormation's AllowedPattern."),
  optional: z
    .boolean()
    .default(false)
    .describe("Without it the role is made all the same, and has no statement that names it."),
});

const when = z
  .strictObject({ input: z.string(), is: values.optional() })
  .optional()
  .describe("Needed only when this input is given, or has this value or one of these.");

const rule = z.strictObject({
  why,
  apiGroups: z.array(z.string()).min(1).describe('The core group is "".'),
  resources: z
    .array(z.string().regex(/^[a-z]+(\/[a-z]+)?$/, "is no resource: pods, pods/log"))
    .min(1),
  verbs: z
    .array(z.enum(["get", "list", "watch", "create", "update", "patch", "delete"]))
    .min(1)
    .describe("No wildcards."),
  scope: z
    .enum(["namespace", "cluster"])
    .default("namespace")
    .describe("The namespace that the action works in, or what belongs to none."),
  names: z
    .array(z.string())
    .min(1)
    .optional()
    .describe("The only objects that it touches. Without it, all of the kind."),
  when,
});

const permission = z.strictObject({
  permission: z.string().describe("A key of a job's `permissions`."),
  access: z.enum(["read", "write"]),
  when,
  why,
});

/** The form of `actions/<name>/access.yml`: all that the action may do, and what for. */
export const access = z
  .strictObject({
    system: z
      .string()
      .regex(/^[a-z]+$/)
      .optional()
      .describe("Whose role carries the statements."),
    parameters: z.record(z.string().regex(/^[a-z][A-Za-z]+$/), parameter).default({}),
    aws: z.array(statement),
    kubernetes: z.array(rule),
    github: z.array(permission),
  })
  .superRefine((value, context) => {
    if (value.aws.length > 0 && !value.system) context.addIssue("aws statements need a system");
    if (value.kubernetes.length > 0 && !value.system) {
      context.addIssue("kubernetes rules need a system");
    }
    const known = new Set([...SURROUNDINGS, ...Object.keys(value.parameters)]);
    for (const name of placeholders(value.aws)) {
      if (!known.has(name)) context.addIssue(`\${${name}} is no parameter`);
    }
  });

export type Access = z.output<typeof access>;

function placeholders(statements: unknown): string[] {
  return [...JSON.stringify(statements).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name ?? "");
}
