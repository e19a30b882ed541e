import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Access } from "@playbook/access/format";
import { canonical } from "@playbook/state";
import { type Input, readActions, readWorkflows } from "../library.ts";
import { neededPermissions } from "../sync/readme.ts";
import { root } from "../tools.ts";
import { gitAt } from "./git.ts";

/** An action or a reusable workflow, as who uses it sees it. */
export type Part = {
  inputs: Record<string, Declared>;
  secrets: Record<string, Declared>;
  outputs: string[];
  /** Each in words that stay the same as long as the permission does. */
  permissions: string[];
};

export type Declared = Pick<Input, "required" | "default" | "type">;

/** What a version's number is promised for: all that users and their stored state rely on. */
export type Surface = {
  /** By what they are called: `action comment-plan`. */
  parts: Record<string, Part>;
  /** The version in which each stored format is written: `playbook.plan`. */
  formats: Record<string, number>;
};

/** Reads it from a clone's files. */
export function surfaceOf(clone: string): Surface {
  const actions = readActions(clone).map(({ name, file, access }): [string, Part] => {
    const { inputs, outputs } = file;
    return [`action ${name}`, partOf({ inputs, outputs, permissions: permissionsOf(access) })];
  });
  const workflows = readWorkflows(clone).map(({ name, file }): [string, Part] => {
    const needed = Object.entries(neededPermissions(Object.values(file.jobs)));
    const permissions = needed.map(([permission, access]) => `\`${permission}: ${access}\``);
    return [`workflow ${name}`, partOf({ ...file.on.workflow_call, permissions })];
  });
  return { parts: Object.fromEntries([...workflows, ...actions]), formats: formatsOf(clone) };
}

type Given = Partial<Pick<Part, "inputs" | "secrets">> & { outputs?: object };

function partOf({
  inputs = {},
  secrets = {},
  outputs = {},
  permissions,
}: Given & Pick<Part, "permissions">): Part {
  return { inputs, secrets, outputs: Object.keys(outputs), permissions };
}

/** Reads it from a commit of this clone. */
export function surfaceAt(commit: string): Surface {
  const scratch = mkdtempSync(join(tmpdir(), "surface-"));
  try {
    const git = gitAt(root, join(scratch, "index"));
    git(["read-tree", commit]);
    git(["checkout-index", "--all", `--prefix=${scratch}/tree/`]);
    return surfaceOf(join(scratch, "tree"));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function permissionsOf({ aws, kubernetes, github }: Access): string[] {
  return [
    ...aws.flatMap(({ actions, resources, conditions }) =>
      pairs(actions, resources).map((pair) => pair + where(conditions)),
    ),
    ...kubernetes.flatMap(({ apiGroups, resources, verbs, when, ...rule }) =>
      apiGroups.flatMap((group) => {
        const objects = resources.flatMap((one) => objectsOf(`${group}/${one}`, rule));
        return pairs(verbs, objects).flatMap((pair) => conditionsOf(when).map((it) => pair + it));
      }),
    ),
    ...github.flatMap(({ permission, access, when }) =>
      conditionsOf(when).map((condition) => `\`${permission}: ${access}\`${condition}`),
    ),
  ];
}

type Reach = Pick<Access["kubernetes"][number], "scope" | "names">;

function objectsOf(resource: string, { scope, names }: Reach): string[] {
  const anywhere = scope === "cluster" ? " anywhere" : "";
  return names ? names.map((name) => `${resource} ${name}`) : [resource + anywhere];
}

function pairs(actions: string[], resources: string[]): string[] {
  return actions.flatMap((action) => resources.map((one) => `\`${action}\` on \`${one}\``));
}

function where(conditions: Access["aws"][number]["conditions"]): string {
  return Object.keys(conditions).length > 0 ? ` where \`${canonical(conditions)}\`` : "";
}

function conditionsOf(when: Access["github" | "kubernetes"][number]["when"]): string[] {
  if (!when) return [""];
  return (
    when.is?.map((value) => ` with \`${when.input}: ${value}\``) ?? [` with \`${when.input}\``]
  );
}

/** What writes a stored format names it and its version side by side. */
const WRITTEN = /format: "(playbook\.[a-z-]+)",\s*version: (\d+)/g;

function formatsOf(clone: string): Record<string, number> {
  const found = ["actions", "packages"].flatMap((folder) =>
    readdirSync(join(clone, folder)).flatMap((name) => {
      const texts = sources(join(clone, folder, name, "src"));
      return texts.flatMap((text) => [...text.matchAll(WRITTEN)]);
    }),
  );
  return Object.fromEntries(found.map(([, name = "", version]) => [name, Number(version)]));
}

function sources(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readFileSync(join(folder, path), "utf8"));
}
