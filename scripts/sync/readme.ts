import type { Access } from "@playbook/access/format";
import { table } from "@playbook/action";
import type { Action, Input, Permissions, Workflow } from "../library.ts";
import { errorsOf, type KnownError } from "./errors.ts";

/** What a README's generated parts are made of, by the name in their markers. */
export type Parts = Record<string, string>;

/** The parts of an action's README. */
export function actionParts({ file, access, folder }: Action): Parts {
  return {
    errors: errorTable(errorsOf(folder)),
    inputs: inputTable(file.inputs),
    outputs: outputTable(file.outputs),
    access: accessText(access),
  };
}

/** The parts of a reusable workflow's README. */
export function workflowParts({ file }: Workflow): Parts {
  const { inputs = {}, secrets = {}, outputs = {} } = file.on.workflow_call ?? {};
  return {
    inputs: inputTable(inputs),
    secrets: table(
      ["Secret", "What it is"],
      Object.entries(secrets).map(([name, { description, required }]) => [
        `\`${name}\``,
        line(description, required),
      ]),
    ),
    outputs: outputTable(outputs),
    permissions: permissionsBlock(neededPermissions(Object.values(file.jobs))),
  };
}

/** The parts of the root README. */
export function rootParts(actions: Action[], workflows: Workflow[]): Parts {
  const rows = [
    ...workflows.map(({ name, readme }) => [
      `[\`${name}\`](workflows/${name})`,
      "workflow",
      firstParagraph(readme),
    ]),
    ...actions.map(({ name, folder, file }) => [
      `[\`${name}\`](${folder})`,
      "action",
      flat(file.description),
    ]),
  ];
  return { index: table(["Name", "Kind", "What it does"], rows) };
}

/**
 * Puts the parts between their markers, `<!-- generated:NAME -->` and `<!-- /generated -->`. Throws
 * when a marker names a part that there is not, so that no table goes stale in silence.
 */
export function fillParts(readme: string, parts: Parts): string {
  const markers = /(<!-- generated:(\w+) -->)[\s\S]*?(<!-- \/generated -->)/g;
  return readme.replaceAll(markers, (_, open: string, name: string, close: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`There is no generated part "${name}".`);
    return `${open}\n${part}\n${close}`;
  });
}

const RANKS = ["none", "read", "write"];

/** The most that any of the jobs asks for: what a caller has to grant. */
export function neededPermissions(jobs: { permissions?: Permissions | string }[]): Permissions {
  const needed: Permissions = {};
  for (const { permissions } of jobs) {
    if (typeof permissions !== "object") continue;
    for (const [name, access] of Object.entries(permissions)) {
      if (RANKS.indexOf(access) > RANKS.indexOf(needed[name] ?? "none")) needed[name] = access;
    }
  }
  return Object.fromEntries(Object.entries(needed).sort());
}

function permissionsBlock(permissions: Permissions): string {
  const lines = Object.entries(permissions).map(([name, access]) => `  ${name}: ${access}`);
  return ["```yaml", "permissions:", ...lines, "```"].join("\n");
}

function inputTable(inputs: Record<string, Input>): string {
  const rows = Object.entries(inputs).map(([name, { description, required, default: value }]) => [
    `\`${name}\``,
    line(description, required),
    value === undefined || value === "" ? "" : `\`${value}\``,
  ]);
  return table(["Input", "What it is", "Default"], rows);
}

function outputTable(outputs: Record<string, { description: string }>): string {
  const rows = Object.entries(outputs).map(([name, { description }]) => [
    `\`${name}\``,
    flat(description),
  ]);
  return table(["Output", "What it is"], rows);
}

function errorTable(errors: KnownError[]): string {
  return table(
    ["Code", "What it says", "What to do"],
    errors.map(({ code, what, next }) => [
      `\`${code}\``,
      flat(what),
      next === "…" ? "As the message says." : flat(next),
    ]),
  );
}

function accessText({ aws, kubernetes, github }: Access): string {
  const rows = [
    ...aws.map(({ actions, resources, conditions, why }) => [
      `AWS: ${code(actions)} on ${code(resources)}${conditionText(conditions)}`,
      why,
    ]),
    ...kubernetes.map(({ verbs, apiGroups, resources, scope, names, when, why }) => [
      `Kubernetes: ${code(verbs)} on ${code(grouped(apiGroups, resources))}` +
        `${names ? ` named ${code(names)}` : SCOPES[scope]}${whenText(when)}`,
      why,
    ]),
    ...github.map(({ permission, access, when, why }) => [
      `GitHub: \`${permission}: ${access}\`${whenText(when)}`,
      why,
    ]),
  ];
  return rows.length > 0 ? table(["What it may touch", "Why"], rows) : "Nothing.";
}

const SCOPES = { namespace: "", cluster: " of the whole cluster" };

function grouped(apiGroups: readonly string[], resources: readonly string[]): string[] {
  return apiGroups.flatMap((group) =>
    resources.map((resource) => (group ? `${group}/${resource}` : resource)),
  );
}

function whenText(when: Access["github" | "kubernetes"][number]["when"]): string {
  if (!when) return "";
  if (when.is === undefined) return `, with \`${when.input}\``;
  const others = when.is.slice(1).map((value) => `, \`${value}\``);
  return `, with \`${when.input}: ${when.is[0]}\`${others.join("")}`;
}

function conditionText(conditions: Access["aws"][number]["conditions"]): string {
  const texts = Object.values(conditions).flatMap((keys) =>
    Object.entries(keys).map(([key, values]) => conditionWords(key, values)),
  );
  return texts.length > 0 ? `, with ${texts.join(" and ")}` : "";
}

/** `Null: false` is IAM's way to say that a key is there. */
function conditionWords(key: string, values: readonly string[]): string {
  return values.length === 1 && values[0] === "false" ? `\`${key}\`` : `\`${key}\` ${code(values)}`;
}

function code(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}

function line(description: string, required: boolean): string {
  return required ? `**Required.** ${flat(description)}` : flat(description);
}

function firstParagraph(readme: string): string {
  return flat(readme.split("\n\n")[1] ?? "").replaceAll(/\[(.+?)\]\(.+?\)/g, "$1");
}

function flat(text: string): string {
  return text.trim().replaceAll(/\s+/g, " ");
}
