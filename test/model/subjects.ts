import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { parseWorkflow, readActions, readWorkflows } from "../../scripts/library.ts";
import { root } from "../../scripts/tools.ts";
import type { Kind, Library, Subject } from "./model.ts";

/** The library as the model sees it. */
export function readLibrary(): Library {
  return {
    actions: new Map(
      readActions().map(({ name, file, access }) => [name, { file, access: access.github }]),
    ),
    workflows: new Map(readWorkflows().map(({ name, file }) => [name, file])),
  };
}

export function releasedWorkflows(): Subject[] {
  return readWorkflows().map(({ path, text, file }) => ({ path, kind: "released", text, file }));
}

/** Those that run in this repository itself. */
export function ownWorkflows(): Subject[] {
  const released = new Set(readWorkflows().map(({ name }) => `${name}.yml`));
  return workflowsIn(".github/workflows", "own").filter(
    ({ path }) => !released.has(path.split("/").at(-1) ?? ""),
  );
}

/** The workflows of the products that the end-to-end tests release. */
export function productWorkflows(): Subject[] {
  return readdirSync(join(root, "test/products")).flatMap((product) =>
    workflowsIn(`test/products/${product}/.github/workflows`, "caller"),
  );
}

function workflowsIn(folder: string, kind: Kind): Subject[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder)).map((name) => {
    const path = `${folder}/${name}`;
    return subject(path, kind, readFileSync(join(root, path), "utf8"));
  });
}

function subject(path: string, kind: Kind, text: string): Subject {
  return { path, kind, text, file: parseWorkflow(text, path) };
}

/** A block of a README that somebody will paste. */
export type Block = { path: string; text: string; value: unknown };

export function readmeBlocks(): Block[] {
  return readmes().flatMap((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const blocks = [...text.matchAll(/^```ya?ml\n([\s\S]*?)^```$/gm)];
    return blocks.map(([, block = ""], index) => {
      return {
        path: `${path} block ${index + 1}`,
        text: block,
        value: parse(block, { logLevel: "error" }),
      };
    });
  });
}

function readmes(): string[] {
  const below = (folder: string) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}/README.md`);
  const all = ["README.md", "CONTRIBUTING.md", ...below("actions"), ...below("workflows")];
  return all.filter((path) => existsSync(join(root, path)));
}

/** The blocks that are whole workflows, or a job's steps, as callers of this library. */
export function readmeWorkflows(): Subject[] {
  return readmeBlocks().flatMap(({ path, text, value }) => {
    if (Array.isArray(value)) return [subject(path, "caller", asWorkflow(text))];
    const keys = Object.keys((value as object | null) ?? {});
    return keys.includes("jobs") ? [subject(path, "caller", text)] : [];
  });
}

function asWorkflow(steps: string): string {
  const indented = steps.replaceAll(/^(?=.)/gm, "      ");
  return `name: Steps
on: push
jobs:
  steps:
    permissions: {}
    timeout-minutes: 1
    steps:
${indented}`;
}
