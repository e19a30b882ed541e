import type { ActionFile, Job, Permissions, Step, WorkflowFile } from "../../scripts/library.ts";
import { neededPermissions } from "../../scripts/sync/readme.ts";

/** What the model knows of the library that a workflow belongs to or calls. */
export type Library = {
  actions: Map<string, { file: ActionFile; access: Demand[] }>;
  workflows: Map<string, WorkflowFile>;
};

/** A permission of the token that an action needs, perhaps with one of its inputs only. */
export type Demand = {
  permission: string;
  access: "read" | "write";
  when?: { input: string; is?: string[] };
};

/** `released` runs in other people's repositories, `own` in this one, a `caller` is theirs. */
export type Kind = "released" | "own" | "caller";

export type Subject = { path: string; kind: Kind; text: string; file: WorkflowFile };

/** Whether a step's inputs bring a demand about. */
export function applies({ when }: Demand, given: Step["with"]): boolean {
  if (!when) return true;
  if (when.is === undefined) return when.input in given;
  return when.is.includes(String(given[when.input]));
}

export type NamedJob = Job & { id: string };

/** A rule says what is wrong with a workflow; nothing when all is well. */
export type Rule = (subject: Subject, library: Library) => string[];

const REPOSITORY = "khalani/playbook";

export function jobsOf({ file }: Subject): NamedJob[] {
  return Object.entries(file.jobs).map(([id, job]) => ({ id, ...job }));
}

/** The permissions that a job's token gets: its own, or else the workflow's. */
export function granted(subject: Subject, job: Job): Permissions | undefined {
  const own = job.permissions ?? subject.file.permissions;
  return typeof own === "object" ? own : undefined;
}

/** The name of the library's workflow that a job calls; undefined when it calls none of them. */
export function calledWorkflow({ uses }: Job): string | undefined {
  const prefix = `(?:\\$|${REPOSITORY})/\\.github/workflows/`;
  return uses && new RegExp(`^${prefix}([\\w-]+)\\.yml(?:@.+)?$`).exec(uses)?.[1];
}

/** The name of the library's action that a step uses. */
export function usedAction({ uses }: Step): string | undefined {
  return uses && new RegExp(`^(?:\\$|${REPOSITORY})/actions/([\\w-]+)(?:@.+)?$`).exec(uses)?.[1];
}

export function isCheckout({ uses }: Step): boolean {
  return uses?.startsWith("actions/checkout@") ?? false;
}

export function mayWrite(permissions: Permissions | undefined): boolean {
  return Object.values(permissions ?? {}).includes("write");
}

/** What the jobs of a workflow ask for, those of the workflows that they call included. */
export function asked(file: WorkflowFile, library: Library): Permissions {
  const jobs = Object.values(file.jobs).map((job) => {
    const called = library.workflows.get(calledWorkflow(job) ?? "");
    const permissions = job.permissions ?? file.permissions ?? {};
    return called ? [{ permissions: asked(called, library) }, { permissions }] : [{ permissions }];
  });
  return neededPermissions(jobs.flat());
}

/** Whether one grant covers another. */
export function covers(have: string | undefined, need: string): boolean {
  const ranks = ["none", "read", "write"];
  return ranks.indexOf(have ?? "none") >= ranks.indexOf(need);
}
