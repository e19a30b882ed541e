import { duration, lines, list } from "@playbook/action";
import { z } from "zod";

const ROLE = /^arn:[\w-]+:iam::\d{12}:role\/[\w+=,.@/-]+$/;

/** As the chart takes it: part of names in Kubernetes. */
const NAME = /^[a-z]([-a-z0-9]{0,18}[a-z0-9])?$/;

const role = z.string().regex(ROLE, "must be the ARN of an IAM role.");

/** A validator, and the role that alone may read its keys. */
export type Wanted = { name: string; roleArn: string };

const validators = lines.transform((items, context): Wanted[] => {
  const wanted = items.map((item) => {
    const [, name = "", roleArn = ""] = /^([^=]*?)\s*=\s*(.*)$/.exec(item) ?? [];
    if (!NAME.test(name) || !ROLE.test(roleArn)) context.addIssue(`"${item}" is not name=role.`);
    return { name, roleArn };
  });
  for (const key of ["name", "roleArn"] as const) {
    const values = wanted.map((one) => one[key]);
    const twice = values.find((value, at) => values.indexOf(value) < at);
    if (twice) context.addIssue(`${twice} is there twice: two validators would share their keys.`);
  }
  if (wanted.length === 0) context.addIssue("names nobody.");
  return wanted;
});

const weight = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, "must be a whole number from 1 on.")
  .transform(Number);

/** A name that is no validator's would leave what it was meant for to fail, or to be overlooked. */
function checkNames(
  given: { validators: Wanted[]; "change-role": string[] },
  context: z.RefinementCtx,
): void {
  const names = given.validators.map(({ name }) => name);
  const strangers = given["change-role"].filter((name) => !names.includes(name));
  for (const name of strangers) {
    const message = `${name} is none of "validators": ${names.join(", ")}.`;
    context.addIssue({ code: "custom", path: ["change-role"], message });
  }
}

const inputs = z.object({
  mode: z.enum(["plan", "apply"], { error: "must be plan or apply." }),
  validators,
  prefix: z
    .string()
    .regex(/^[\w+=.@-]+(\/[\w+=.@-]+)*$/, "must be part of a secret's name.")
    .default("axon"),
  "kms-key": z
    .string()
    .regex(/^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/, "must be the ARN of a KMS key."),
  "propose-weight": weight.default(1),
  "vote-weight": weight.default(1),
  "change-role": list.default([]),
  folder: z.string().optional(),
  role: role.optional(),
  region: z.string(),
  deadline: duration.default(15 * 60_000),
});

/** The inputs as action.yml declares them. */
export const schema = inputs.superRefine(checkNames);
