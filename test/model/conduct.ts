import type { Step } from "../../scripts/library.ts";
import { isCheckout, jobsOf, type Kind, type Rule } from "./model.ts";

/** A job that hangs costs six hours, unless it says how long it may take. */
export const endsInTime: Rule = (subject) =>
  jobsOf(subject)
    .filter((job) => job.uses === undefined && job["timeout-minutes"] === undefined)
    .map(({ id }) => `${id}: has no timeout-minutes`);

/**
 * What a group's name may be made of after its literal beginning: the target, never the caller.
 * Jobs of a matrix are told apart by their index, or they would wait for each other.
 */
const TARGET =
  /^[a-z][a-z-]+-(\$\{\{ (inputs\.[\w-]+|github\.ref|github\.event\.[\w.]+|strategy\.job-index) \}\}-?)*$/;

/**
 * Groups are literal names plus the target: in a called workflow `github.workflow` is the caller's,
 * so two callers of one target would not wait for each other.
 */
export const queuesByTarget: Rule = (subject) => {
  const owners = [{ id: "workflow", concurrency: subject.file.concurrency }, ...jobsOf(subject)];
  return owners.flatMap(({ id, concurrency }) => {
    if (concurrency === undefined) return [];
    const {
      group,
      queue,
      "cancel-in-progress": cancels = false,
    } = typeof concurrency === "string" ? { group: concurrency } : concurrency;
    const problems = [];
    if (!TARGET.test(group)) problems.push(`group ${group} is no literal name plus target`);
    if (queue !== undefined && !["single", "max"].includes(queue)) {
      problems.push(`queue ${queue} is unknown`);
    }
    if (queue === "max" && cancels !== false) problems.push("queue: max excludes cancelling");
    return problems.map((problem) => `${id}: ${problem}`);
  });
};

/** A job that changes something outside waits for the one before it. */
export const serialisesEnvironments: Rule = (subject) =>
  jobsOf(subject)
    .filter(({ environment }) => environment !== undefined)
    .filter(({ concurrency = subject.file.concurrency }) => concurrency === undefined)
    .map(({ id }) => `${id}: has an environment and no concurrency group`);

const ALLOWED: Record<Kind, RegExp> = {
  released: /^(\$\/(actions|\.github\/workflows)\/[\w-]+(\.yml)?|actions\/checkout@[0-9a-f]{40})$/,
  own: /^actions\/(checkout|(up|down)load-artifact|attest-build-provenance)@[0-9a-f]{40}$/,
  caller: /./,
};

/** Nothing of a third party but checkout, by its full commit. */
export const usesOnlyOurs: Rule = (subject) =>
  jobsOf(subject).flatMap(({ id, uses, steps }) =>
    [uses, ...steps.map((step) => step.uses)]
      .filter((used) => used !== undefined && !ALLOWED[subject.kind].test(used))
      .map((used) => `${id}: uses ${used}`),
  );

/** A checkout leaves no token behind for what runs after it. */
export const leavesNoToken: Rule = (subject) =>
  jobsOf(subject).flatMap(({ id, steps }) =>
    steps
      .filter((step) => isCheckout(step) && step.with["persist-credentials"] !== false)
      .map(() => `${id}: checkout persists its token`),
  );

/** Expressions in a script are code that somebody else may write; they go through `env`. */
export const scriptsAreLiteral: Rule = (subject) =>
  jobsOf(subject).flatMap(({ id, steps }) =>
    steps.filter(interpolates).map(() => `${id}: a script holds an expression`),
  );

function interpolates({ run = "" }: Step): boolean {
  return run.includes("${{");
}
