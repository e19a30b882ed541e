import type { Job, Step } from "../../scripts/library.ts";
import { isCheckout, type Subject, usedAction } from "./model.ts";

/**
 * Whether a job runs anything of the repository that it runs for. In a released workflow, which
 * nobody who uses it can mend, a script or a checkout is enough to say so. Elsewhere a checkout is
 * data as long as no step runs something of it.
 */
export function runsProductCode(subject: Subject, { steps }: Job): boolean {
  return steps.some((step) =>
    subject.kind === "released"
      ? step.run !== undefined || isCheckout(step)
      : runsMore(step) || isLocal(step) || plans(subject, step),
  );
}

/** Programs of the runner that do what their words say, and start nothing that they find. */
const PLAIN = ["[", "cd", "curl", "echo", "gh", "git", "mkdir", "sha256sum", "tar", "test"];

function runsMore({ run = "" }: Step): boolean {
  return programsIn(run).some((program) => !PLAIN.includes(program));
}

/** The first word of each command, as far as plain scripts go; of others, words that are none. */
function programsIn(script: string): string[] {
  const substitution = /\$\(([^()]*)\)/g;
  const inner = [...script.matchAll(substitution)].map(([, command = ""]) => command);
  return [script.replaceAll(substitution, "_"), ...inner]
    .flatMap((text) => text.replaceAll("\\\n", " ").split(/[\n;&|`()]+/))
    .map((command) => command.trim().replace(/^((if|then|else|fi)(\s+|$))+/, ""))
    .flatMap((command) => command.split(/\s/, 1).filter(Boolean));
}

function isLocal({ uses }: Step): boolean {
  return uses?.startsWith("./") ?? false;
}

/** What our actions do with a project but read it: `plan` runs its scripts. */
const HARMLESS = ["", "apply", "rollback", "abandon", "adopt", "deploy", "remove", "sweep"];

function plans(subject: Subject, step: Step): boolean {
  if (usedAction(step) === undefined) return false;
  return modesOf(subject, String(step.with.mode ?? "")).some((mode) => !HARMLESS.includes(mode));
}

/** The modes that a step may run in: those that a person can choose, or the one that is written. */
function modesOf({ file }: Subject, mode: string): string[] {
  const dispatch = file.on.workflow_dispatch as Dispatch | undefined;
  const input = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(mode)?.[1] ?? "";
  return dispatch?.inputs?.[input]?.options ?? [mode];
}

type Dispatch = { inputs?: Record<string, { options?: string[] }> };
